"""`broadsheet report watch`: a page each morning, from one process that waits for it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.report_options import Categories, StoreUrl

if TYPE_CHECKING:
    from broadsheet.report.watch import Change


def watch(
    profile: Annotated[str, typer.Option("--profile", "-p", help="The reader's profile (.toml); [delivery] says where the page goes.")] = "",
    category: Categories = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder.")] = Path("page"),
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="The first label that is due. Default: the oldest one that ever was, or the newest."),
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Any setting, as of `broadsheet report`. Repeats.")] = None,
    store: StoreUrl = "",
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due and end; nothing is waited for.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each change of state as one JSON object a line.")] = False,
) -> None:
    """Wait for each label, fetch it, write its page and send it; what was missed goes first, oldest first. One line is printed for each change of state.

    SIGTERM ends it between two steps, with exit code 0. With --once the exit code is that of the first label that is not done: 3 not yet, 4 stale, 5 not whole,
    41 not delivered, 42 nobody can know, 52 throttled, 20 to 29 and 50, 51 broken.

    Example: broadsheet report watch --profile me.toml --out page
    """
    from broadsheet.core.clock import stated_clock
    from broadsheet.core.home import home
    from broadsheet.core.store import open_store
    from broadsheet.report.labels_done import Mornings
    from broadsheet.report.live import calendar, lists_of
    from broadsheet.report.morning import live_morning
    from broadsheet.report.run import Request, profile_of
    from broadsheet.report.stopping import Stop, only_one
    from broadsheet.report.watch import Watch
    from broadsheet.sources.arxiv.addresses import Addresses

    request = Request(profile=profile, settings=tuple(settings or ()), store=store)
    reader = profile_of(request)
    names = lists_of(category or reader.categories)
    clock, stop = stated_clock(), Stop()
    typer.echo(f"Watching {', '.join(names)} at {Addresses.stated().feed}; the newest label is {calendar().label_at(clock.now())}.", err=True)
    with stop.listening(), only_one(home() / f"watch-{_file_name(reader.name)}.lock"), open_store(store) as opened:
        morning = live_morning(request, names, reader, out, opened, clock, lambda remark: typer.echo(f"Note: {remark}", err=True))
        loop = Watch(calendar(), Mornings(opened, reader.name), morning, clock, lambda change: typer.echo(_line(change, as_json=as_json)), stop=stop)
        loop.run(since.date() if since else None, once=once)


def _line(change: "Change", *, as_json: bool) -> str:
    import json

    if as_json:
        held = change._asdict() | {"at": change.at.isoformat(timespec="seconds"), "label": change.label and str(change.label)}
        return json.dumps(held, ensure_ascii=False)
    said = " ".join(part for part in (str(change.label or ""), change.state) if part)
    return f"{change.at:%Y-%m-%d %H:%M:%S %Z}  {said}{': ' + change.why if change.why else ''}"


def _file_name(reader: str) -> str:
    import hashlib

    return hashlib.sha256(reader.encode()).hexdigest()[:12]
