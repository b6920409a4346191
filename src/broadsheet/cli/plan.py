"""`broadsheet plan`: slates that keep a reader, by a planner of categories and a policy that fills them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.fitted import Seed

if TYPE_CHECKING:
    from broadsheet.plan.replay import Request
    from broadsheet.plan.run import Shown

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Fill slates that keep a reader: a planner chooses categories, a policy fills them, over a session or over weeks.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Bundle = Annotated[Path | None, typer.Argument(help="A folder that fit wrote. Default: the fictional world's, which comes with the package.")]
LIKED = ":liked"


@app.command("fit")
def fit(
    env: Annotated[str, typer.Option("--env", help="made, world, world:READERS, ml100k:FOLDER, books:FOLDER, or a folder of sequences.")] = "world",
    planner: Annotated[
        str,
        typer.Option(
            "--planner", help="all, mask-recent, least-exposed, thompson, saturation-mpc, each with settings as in NAME:keep=4,ttl=2; none for a flat policy."
        ),
    ] = "saturation-mpc",
    *,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the policy, e.g. size=tiny, network=transformer. Repeats.")] = None,
    boredom: Annotated[str, typer.Option("--boredom", help="How readers tire in training: zero, low, middle or high.")] = "middle",
    match: Annotated[str, typer.Option("--match", help="An item is in a plan if any of its categories is, or all are.")] = "any",
    known: Annotated[int | None, typer.Option("--known", min=1, help="Keep the scores of so many users in the bundle. Default: of all.")] = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the bundle; a bundle that stood there is replaced at the end.")] = Path("planner"),
    as_json: Json = False,
) -> None:
    """Train a policy within a planner's plans, in a copy of the environment that believes what the agent believes.

    Weights are chosen on validation users. A run that was stopped goes on where it was when the same command is given again.

    Example: broadsheet plan fit --env world:400 --planner saturation-mpc --set size=tiny --out planner
    """
    import json

    from broadsheet.cli.progress import shown
    from broadsheet.core.artifacts import check_replaceable
    from broadsheet.core.config import build, with_settings
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.home import artifact_folder
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.plan.bundle import fit_bundle
    from broadsheet.plan.datasets.opened import open_pair
    from broadsheet.plan.laws import level
    from broadsheet.plan.policy.config import PolicyConfig

    dial = level(boredom)
    if match not in ("any", "all"):
        raise ConfigError(f"A plan cannot match {match!r} of an item's categories.", "Say any or all.")
    config = build(PolicyConfig, with_settings({}, settings or []), "--set")
    check_replaceable(out, ArtifactKind.PLAN)
    with shown() as progress:
        pair = open_pair(env, seed=seed, progress=progress).with_laws(boredom=dial)
        made = fit_bundle(
            pair,
            "" if planner == "none" else planner,
            config,
            out,
            seed=seed,
            match="all" if match == "all" else "any",
            known=known,
            checkpoints=artifact_folder() / "checkpoints",
            progress=progress,
        )
    told = made.manifest.metrics
    before, after = told["validation_return_untrained"], told["validation_return"]
    typer.echo(f"return on validation users: {before:.3f} before training, {after:.3f} after it, {told['validation_length']:.1f} slates a session", err=True)
    typer.echo(f"{told['environment_steps']:,.0f} environment steps, 90 % of the return after {told['environment_steps_to_90_percent']:,.0f}", err=True)
    typer.echo(
        f"plans: {told['plans']:,.0f} on validation users, {told['fallback share']:.1%} of them fall-backs; {told['actions']:.0f} candidates a round", err=True
    )
    typer.echo(f"Ask it: broadsheet plan run {out} --history ID,ID", err=True)
    facts = {"path": str(made.path), "models": made.manifest.models, "metrics": told, "chosen_by": made.manifest.config["chosen_by"]}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.path))


@app.command("run")
def run(
    bundle: Bundle = None,
    user: Annotated[list[str] | None, typer.Option("--user", help="A user that the bundle knows. Repeats.")] = None,
    history: Annotated[list[str] | None, typer.Option("--history", help="What somebody unknown had and liked, with commas between. Repeats: one each.")] = None,
    shown: Annotated[
        list[str] | None,
        typer.Option("--shown", help="A slate of this session, ID,ID:liked,ID, oldest first. Repeats. Or a JSON file of slates: items, liked."),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=0, help="Play a session of so many slates with a reader as the agent believes them to be.")] = 0,
    *,
    draw: Annotated[bool, typer.Option("--draw", help="Draw slates by chance, and say how likely each item was.")] = False,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Also items of the history.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn.")] = 0,
    log: Annotated[Path | None, typer.Option("--log", help="Write the request, its plans and slates to this file, for `broadsheet plan replay`.")] = None,
    as_json: Json = False,
) -> None:
    """Give the next slate for somebody whose session is under way, or play whole sessions.

    Example: broadsheet plan run --history w00098,w00175 --shown w01415,w01319:liked
    """
    from broadsheet.cli.plan_view import printed
    from broadsheet.core.files import write_file
    from broadsheet.plan.bundle import open_bundle
    from broadsheet.plan.replay import answer, record

    request = _request(user, history, shown, rounds, draw=draw, keep_seen=keep_seen, seed=seed)
    opened = open_bundle(bundle)
    if log is None:
        found = answer(opened, request)
    else:
        found, text = record(opened, request)
        write_file(log, text)
        typer.echo(f"Again, byte for byte: broadsheet plan replay {log}{f' --bundle {bundle}' if bundle else ''}", err=True)
    printed(opened, request, found, as_json=as_json)


@app.command("replay")
def replay(
    log: Annotated[Path, typer.Argument(help="A file that `broadsheet plan run --log` wrote.")],
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="The bundle that the log was written with. Default: the one that comes with the package.")
    ] = None,
    *,
    lenient: Annotated[bool, typer.Option("--lenient", help="Count what is not recorded and what differs, instead of stopping.")] = False,
    as_json: Json = False,
) -> None:
    """Do again what a log says, with the plans recorded in it: no planner is asked, and every byte is compared.

    Example: broadsheet plan replay session.jsonl --bundle planner
    """
    import json

    from broadsheet.plan.bundle import open_bundle
    from broadsheet.plan.replay import read_text
    from broadsheet.plan.replay import replay as again

    text = read_text(log)
    found = again(text, open_bundle(bundle), lenient=lenient)
    if as_json:
        typer.echo(json.dumps(found._asdict()))
        return
    alike = "every byte is the same" if not found.differs else f"the first that differs is line {found.differs}"
    typer.echo(f"{found.lines:,} lines, {found.plans:,} plans, {found.misses:,} not recorded; {alike}.")


@app.command("offline")
def offline(
    log: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, CSV or Parquet: user, step, item, slot, propensity, liked, and chance if a model says one; a line for each candidate."
        ),
    ],
    target: Annotated[
        str, typer.Option("--target", help="Whose value is asked: best (first by chance), soft:TEMPERATURE, even, or column, the column target.")
    ] = "best",
    k: Annotated[int, typer.Option("-k", min=1, help="Items a slate of the target.")] = 6,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the intervals.")] = 0,
    *,
    as_json: Json = False,
) -> None:
    """Estimate what another way to fill slates would have got, from a log of slates with the chance that each candidate had.

    Example: broadsheet plan offline log.parquet --target soft:0.5
    """
    import json

    from broadsheet.plan.offline import estimate, read_log
    from broadsheet.plan.offline.targets import open_target

    read, frame = read_log(log)
    found = estimate(read, open_target(target, read, frame, k), seed=seed)
    if as_json:
        typer.echo(
            json.dumps(
                {**found._asdict(), "target": target, "estimates": [one._asdict() for one in found.estimates], "logged": found.logged._asdict()}, indent=1
            )
        )
        return
    typer.echo(f"{found.slates:,} slates of {found.users:,} users; {found.shown:,} items shown, worth {found.effective:,.0f} drawn by the target")
    for one in (found.logged, *found.estimates):
        typer.echo(f"{one.name:>8}  {one.value:.4f}  ({one.low:.4f} to {one.high:.4f})")
    for line in found.warnings:
        typer.echo(f"Take care: {line}", err=True)


def _request(user: list[str] | None, history: list[str] | None, shown: list[str] | None, rounds: int, *, draw: bool, keep_seen: bool, seed: int) -> "Request":
    from broadsheet.core.errors import ConfigError
    from broadsheet.plan.bundle import Ask
    from broadsheet.plan.replay import Request

    if rounds and shown:
        raise ConfigError("A session that is played begins anew, and slates of another are given.", "Give --shown, or --rounds.")
    asks = [Ask(one) for one in user or []]
    asks += [Ask("", tuple(_listed(one)), keep_seen=keep_seen) for one in history or []]
    return Request(tuple(asks) or (Ask(),), tuple(slate for one in shown or [] for slate in _slates(one)), rounds, draw, seed)


def _slates(text: str) -> list["Shown"]:
    """Read a slate as it is written on the command line, or a JSON file of slates."""
    import json

    from broadsheet.core.errors import RecordError
    from broadsheet.plan.run import Shown

    path = Path(text)
    if path.suffix == ".json" or (path.exists() and path.is_file()):
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            return [Shown(tuple(map(str, one["items"])), frozenset(map(str, one.get("liked", ())))) for one in held]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise RecordError(f"{path} holds no slates.", 'Write a list: [{"items": ["w01415", "w01319"], "liked": ["w01319"]}]') from None
    parts = _listed(text)
    return [Shown(tuple(part.removesuffix(LIKED) for part in parts), frozenset(part.removesuffix(LIKED) for part in parts if part.endswith(LIKED)))]


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
