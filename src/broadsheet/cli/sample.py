"""`broadsheet sample`: doubles of what a reader's machine may not have."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broadsheet.core.clock import Clock
    from broadsheet.sample.arxiv import DayList

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Doubles to try and to test with: nothing here is real, and each says so.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def sample() -> None:
    """Doubles to try and to test with: nothing here is real, and each says so."""


@app.command("llm")
def llm(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    latency: Annotated[float, typer.Option("--latency", min=0, help="Seconds before an answer.")] = 0.0,
    jitter: Annotated[float, typer.Option("--jitter", min=0, max=1, help="Give or take this share of the latency.")] = 0.0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="A fault and its share: 429:0.1. Also 500, stall, drop, truncated, refusal, invalid. Repeats.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The seed of faults and latencies.")] = 0,
    retry_after: Annotated[str, typer.Option("--retry-after", help="What a 429 asks to wait: seconds, or an HTTP date.")] = "1",
    stall: Annotated[float, typer.Option("--stall", min=0, help="Seconds that a stalled answer takes.")] = 60.0,
    *,
    honours: Annotated[bool, typer.Option("--idempotency/--no-idempotency", help="Honour Idempotency-Key: one name is answered and counted once.")] = True,
    takes_schema: Annotated[bool, typer.Option("--schema/--no-schema", help="Take response_format, or refuse it as older servers do.")] = True,
) -> None:
    """Serve OpenAI's chat completions by a rule, until it is stopped; print the base URL, and at the end what was served.

    Example: broadsheet sample llm --latency 0.2 --fault 429:0.1 --fault invalid:0.05
    """
    import json
    import signal
    import threading

    from broadsheet.core.errors import OutputError
    from broadsheet.sample.llm import Faults, LLMServer

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    options = {"latency": latency, "jitter": jitter, "port": port, "honours": honours, "takes_schema": takes_schema, "stall": stall}
    server = LLMServer(faults=Faults.read(fault or (), seed), retry_after=retry_after, **options)
    try:
        with server:
            typer.echo(server.url)
            ended.wait()
    except OSError as fault_of_port:
        raise OutputError(f"The double cannot listen: {fault_of_port}.", "Name another --port, or 0 for a free one.") from None
    typer.echo(json.dumps(server.served._asdict()))


@app.command("serve")
def serve(
    days: Annotated[str, typer.Argument(metavar="[FOLDER|sample]", help="Day files (.jsonl, .jsonl.gz), or the fictional days.")] = "sample",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    now: Annotated[str | None, typer.Option("--now", help="The instant at which its clock stands: 2026-02-09T20:30-05:00. POST /clock moves it.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="A fault, how often, and where: 429:0.1, 503:2x@oai, stale@cs.AI. Repeats; --faults names all.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The seed of the faults' shares.")] = 0,
    retry_after: Annotated[str, typer.Option("--retry-after", help="What a refusal asks to wait: seconds, or +seconds for a date.")] = "3",
    drip: Annotated[float, typer.Option("--drip", min=0, help="Seconds between the bytes of a body that drips.")] = 0.05,
    stall: Annotated[float, typer.Option("--stall", min=0, help="Seconds for which a stalled answer says nothing.")] = 60.0,
    skew: Annotated[float, typer.Option("--skew", help="Hours by which a skewed clock is off.")] = 26.0,
    page: Annotated[int | None, typer.Option("--page", min=1, help="Records of a harvest's page; arXiv's own number without.")] = None,
    *,
    faults: Annotated[bool, typer.Option("--faults", help="Name all faults, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: what is served, and at the end what was.")] = False,
) -> None:
    """Serve days as arXiv does, by RSS, Atom, listing page, API and OAI-PMH, until it is stopped; print the base URL, and at the end what was served.

    The fictional days have a clock that stands on the morning of the last; a folder without --now has the machine's.

    Example: broadsheet sample serve --now 2026-03-16T20:30-04:00 --fault 429:2x@rss --fault stale@cs.AI
    """
    import json
    import signal
    import threading
    from datetime import timedelta

    from broadsheet.core.errors import OutputError
    from broadsheet.sample.arxiv import FAULTS, ArxivServer

    if faults:
        typer.echo(json.dumps(FAULTS) if as_json else "\n".join(f"{name:20}{said}" for name, said in FAULTS.items()))
        return
    lists, clock = _days(days), _clock(now, days)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    speeds = {"drip": drip, "stall": stall, "skew": timedelta(hours=skew), "retry_after": retry_after}
    server = ArxivServer(lists, clock=clock, faults=fault or (), port=port, seed=seed, page=page, **speeds)
    try:
        with server:
            labels = [str(one) for one in server.archive.labels]
            told = {"url": server.url, "now": clock.now().isoformat(), "labels": labels, "faults": [str(one) for one in server.faults.on]}
            typer.echo(json.dumps(told) if as_json else server.url)
            if not as_json:
                typer.echo(f"{len(labels)} labels, {labels[0]} to {labels[-1]}; the clock says {told['now']}.", err=True)
            ended.wait()
    except OSError as fault_of_port:
        raise OutputError(f"The double cannot listen: {fault_of_port}.", "Name another --port, or 0 for a free one.") from None
    typer.echo(json.dumps(server.served.summary()))


def _days(stated: str) -> "list[DayList]":
    from broadsheet.core.home import data_path
    from broadsheet.sample.arxiv import fictional_days, read_days

    return fictional_days() if stated == "sample" else read_days(data_path(Path(stated)))


def _clock(stated: str | None, days: str) -> "Clock":
    from broadsheet.core.clock import SetClock, WallClock
    from broadsheet.core.errors import ConfigError
    from broadsheet.sample.arxiv.fiction import MORNING

    if stated is None:
        return SetClock(MORNING) if days == "sample" else WallClock()
    try:
        return SetClock(datetime.fromisoformat(stated))
    except ValueError as fault:
        raise ConfigError(f"--now {stated!r} cannot be used: {fault}.", "Write an instant with its offset: 2026-02-09T20:30-05:00") from None


@app.command("catalogue")
def catalogue(
    kind: Annotated[str, typer.Argument(help="shop, menu or movies.")] = "shop",
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")] = Path("catalogue"),
    users: Annotated[int, typer.Option("--users", min=1, max=10_000, help="How many customers, guests or viewers.")] = 60,
    items: Annotated[int, typer.Option("--items", min=6, max=10_000, help="How many items.")] = 80,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Write a fictional catalogue as tables: items.csv, events.csv, and a picture of each item in images/.

    Example: broadsheet sample catalogue shop --out shop && broadsheet run shop --set source=shop/items.csv --set events=shop/events.csv --set images=shop/images
    """
    from broadsheet.sample.catalogues import write_catalogue

    typer.echo(str(write_catalogue(kind, out, users=users, items=items, seed=seed)))


@app.command("posts")
def posts(
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: JSON lines of id, author, at and text.")] = Path("posts.jsonl"),
    posters: Annotated[int, typer.Option("--posters", min=10, help="Authors in each of four channels about money.")] = 30,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Write what the people of a fictional world say they need, as `broadsheet needs` reads it.

    Example: broadsheet sample posts --out posts.jsonl && broadsheet needs run --posts posts.jsonl --labeller cues --out needs
    """
    from broadsheet.core.files import write_file
    from broadsheet.sample.world import world
    from broadsheet.sample.world.lines import post_lines

    made = world(readers=10, items=800, days=24, seed=seed, posters=posters)
    write_file(out, "".join(f"{line}\n" for line in post_lines(made)))
    typer.echo(str(out))
