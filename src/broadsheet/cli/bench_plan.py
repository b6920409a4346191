"""`broadsheet bench plan`: the benches of planned slates, each by the name of what is played."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.core.bench import Bench
    from broadsheet.core.progress import Progress
    from broadsheet.plan.datasets.pair import Pair

# Where data lie within BROADSHEET_DATA, where no folder is named.
FOLDERS = {
    "coat": Path("interactive/coat"),
    "lerl": Path("interactive/kuairand_pure_meta"),
    "books": Path("interactive/books"),
    "ml100k": Path("recbole"),
    "planners": Path("interactive/planner_traces"),
}

# Options, beside those of every bench, that each one takes; another that is given would say nothing, and is refused. An honest one is a folder's too.
HONEST = frozenset({"boredom", "deep", "crossed", "settings", "planners", "llm", "codes", "streams"})
TAKES: dict[str, frozenset[str]] = {
    "ml100k": HONEST | {"data"},
    "books": HONEST | {"data"},
    "world": HONEST | {"readers"},
    "coat": frozenset({"data"}),
    "lerl": frozenset({"data"}),
    "aa": frozenset(),
    "planners": frozenset({"data", "llm", "codes"}),
    "days": frozenset({"readers", "settings"}),
    "identified": frozenset({"data"}),
    "speed": frozenset({"settings"}),
}
# What the options are called where the field is called otherwise, and what they are where they are not given.
CALLED = {"settings": "set", "planners": "planner"}
CODES, READERS, STREAMS = 512, 5000, 4
NOT_GIVEN: Mapping[str, Any] = {
    "data": None,
    "boredom": (),
    "deep": 0,
    "crossed": False,
    "settings": {},
    "planners": (),
    "llm": None,
    "codes": CODES,
    "readers": READERS,
    "streams": STREAMS,
}


class Wanted(NamedTuple):
    """What the options say; a bench takes of it what it needs."""

    env: str
    data: Path | None
    seeds: int
    deep: int
    boredom: tuple[str, ...]
    crossed: bool
    arms: tuple[str, ...]
    settings: Mapping[str, Any]
    planners: tuple[str, ...]
    llm: str | None
    codes: int
    readers: int
    streams: int
    budget: float | None
    rows: Path

    @property
    def folder(self) -> Path:
        """The folder of the data. Raises SourceNotFoundError where there is none."""
        from broadsheet.core.errors import SourceNotFoundError
        from broadsheet.core.home import data_path

        found = data_path(self.data or FOLDERS[self.env])
        if not found.is_dir():
            raise SourceNotFoundError(f"There is no folder {found}.", "Give the folder of the data with --data, or set BROADSHEET_DATA to where paths begin.")
        return found


def plan(
    env: Annotated[str, typer.Option("--env", help="coat, lerl, ml100k, books, world, made, aa, identified, planners, speed, days, or a folder of sequences.")],
    *,
    data: Annotated[Path | None, typer.Option("--data", help="The folder of the data. Default: the one of this name in BROADSHEET_DATA.")] = None,
    boredom: Annotated[list[str] | None, typer.Option("--boredom", help="How readers tire: zero, low, middle, high. Repeats. Default: all.")] = None,
    deep: Annotated[
        int, typer.Option("--deep", min=0, help="Seeds, at zero and middle, of the best flat policy, the best planner and mask-recent with a policy.")
    ] = 0,
    crossed: Annotated[bool, typer.Option("--crossed", help="Also judge at middle who was trained at zero, and the other way round.")] = False,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the policies, e.g. size=tiny. Repeats.")] = None,
    planner: Annotated[list[str] | None, typer.Option("--planner", help="A further planner, e.g. least-exposed:keep=2. Repeats.")] = None,
    llm: Annotated[
        str | None, typer.Option("--llm", help="A local model that fills plan tables, by names, names shuffled and ids: smollm2, hf:FOLDER.")
    ] = None,
    codes: Annotated[int, typer.Option("--codes", min=1, help="Keys of a plan table.")] = CODES,
    readers: Annotated[int, typer.Option("--readers", min=10, help="Readers of the world.")] = READERS,
    streams: Annotated[int, typer.Option("--streams", min=1, help="Sessions a user.")] = STREAMS,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Let planners, policies, rules and oracles fill slates for simulated readers under the same luck, on users that decided nothing.

    ml100k, books, world and made are honest environments; coat and lerl are published games; aa sets a policy against itself; identified asks whether a
    log tells how interest tires; planners is about language models, speed about times, days about thirty days of the world.

    Example: broadsheet bench plan --env made --boredom middle --set size=tiny --set iterations=20 --seeds 2
    """
    from broadsheet.cli.plan_view import brief
    from broadsheet.cli.progress import shown
    from broadsheet.core.config import with_settings
    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.core.home import bench_folder, data_path

    if env not in BENCHES and not data_path(Path(env)).is_dir():
        raise ConfigError(f"There is no bench and no folder {env!r}.{did_you_mean(env, BENCHES)}", f"Known: {', '.join(BENCHES)}, or a folder of sequences.")
    wanted = Wanted(
        env,
        data,
        seeds,
        deep,
        tuple(boredom or ()),
        crossed,
        tuple(arm or ()),
        with_settings({}, settings or []),
        tuple(planner or ()),
        llm,
        codes,
        readers,
        streams,
        budget,
        rows or bench_folder(),
    )
    _require_taken(wanted)
    with shown() as progress:
        bench = BENCHES.get(env, _honest)(wanted, progress)
    printed(bench if as_json or BENCHES.get(env, _honest) is not _honest else brief(bench), as_json=as_json)


def _require_taken(wanted: Wanted) -> None:
    """Raise ConfigError for an option that this bench does not take."""
    from broadsheet.core.errors import ConfigError

    takes = TAKES.get(wanted.env, HONEST)
    for field, default in NOT_GIVEN.items():
        if field not in takes and getattr(wanted, field) != default:
            known = ", ".join(f"--{CALLED.get(name, name)}" for name in sorted(takes)) or "none"
            what = f"The bench {wanted.env} takes no --{CALLED.get(field, field)}."
            raise ConfigError(what, f"Leave it out. Beside what all benches take, this one takes: {known}.")


def _pair(wanted: Wanted, progress: "Progress") -> "Pair":
    from broadsheet.plan.datasets.opened import open_pair

    if wanted.env in {"days", "world"}:
        return open_pair(f"world:{wanted.readers}", progress=progress)
    # Whoever reads the data says how they are got, where they are not there.
    return open_pair(f"{wanted.env}:{wanted.data or FOLDERS[wanted.env]}" if wanted.env in FOLDERS else wanted.env, progress=progress)


def _honest(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.core.config import build
    from broadsheet.plan.bench.arms import within
    from broadsheet.plan.bench.fits import fitted
    from broadsheet.plan.bench.honest import HonestPlan, bench_honest
    from broadsheet.plan.laws import LEVELS
    from broadsheet.plan.planners.registry import check_planner
    from broadsheet.plan.policy.config import PolicyConfig

    build(PolicyConfig, dict(wanted.settings), "--set")
    for spec in wanted.planners:
        check_planner(within(spec)[1])
    made = HonestPlan(
        Path(wanted.env).resolve().name,
        lambda: _planned_pair(wanted, progress),
        fitted,
        wanted.boredom or tuple(LEVELS),
        wanted.arms,
        wanted.seeds,
        wanted.deep,
        wanted.crossed,
        wanted.settings,
        *_planners(wanted, progress),
        streams=wanted.streams,
        budget_minutes=wanted.budget,
    )
    return bench_honest(made, wanted.rows, command(), progress)


def _planned_pair(wanted: Wanted, progress: "Progress") -> "Pair":
    """Return the pair with what is to be known of a folder told, and every further planner opened for it: what cannot be is told before anything is trained."""
    from broadsheet.cli.plan_view import told_of_folder
    from broadsheet.plan.agents.registry import open_agent
    from broadsheet.plan.bench.arms import whole

    pair = _pair(wanted, progress)
    told_of_folder(pair)
    for spec in wanted.planners:
        open_agent(whole(spec), pair.material, slate=pair.slate, horizon=pair.horizon)
    return pair


def _planners(wanted: Wanted, progress: "Progress") -> tuple[Mapping[str, Callable[["Pair"], str]], Mapping[str, Mapping[str, Any]]]:
    """Return further planners: specs as they are, and, with a local model, plan tables that are filled when they are first asked for; and what the latter follow from."""
    filled: dict[str, Mapping[str, Any]] = {}
    made: dict[str, Callable[[Pair], str]] = {spec: lambda _, spec=spec: spec for spec in wanted.planners}
    if wanted.llm is not None:
        from broadsheet.plan.bench.filled import table_planners

        tables = table_planners(wanted.llm, wanted.rows / "tables", wanted.codes, progress)
        made |= tables
        filled |= {name: {"llm": wanted.llm, "codes": wanted.codes} for name in tables}
    return made, filled


def _coat(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.plan.bench.coat import CoatPlan, bench_coat

    return bench_coat(CoatPlan(wanted.folder, wanted.seeds, wanted.arms, wanted.budget), wanted.rows, command(), progress)


def _lerl(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.plan.bench.lerl import LerlPlan, bench_lerl

    return bench_lerl(LerlPlan(wanted.folder, wanted.seeds, arms=wanted.arms, budget_minutes=wanted.budget), wanted.rows, command(), progress)


def _aa(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.plan.bench.aa import AAPlan, bench_aa

    return bench_aa(AAPlan(seeds=wanted.seeds, arms=wanted.arms, budget_minutes=wanted.budget), wanted.rows, command(), progress)


def _planner_bench(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.core.home import data_path
    from broadsheet.plan.bench.planners import PlannersPlan, bench_planners
    from broadsheet.plan.datasets.made import made

    traces = wanted.folder if wanted.data is not None else data_path(FOLDERS["planners"])
    asked = PlannersPlan(made(), traces if traces.is_dir() else None, wanted.llm or "", codes=wanted.codes, seeds=wanted.seeds, arms=wanted.arms)
    return bench_planners(asked._replace(budget_minutes=wanted.budget), wanted.rows, command(), progress)


def _days(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.plan.bench.days import DaysPlan, bench_days
    from broadsheet.plan.bench.days_arms import makers

    name = f"{wanted.readers} readers"
    identity = {"readers": wanted.readers}
    asked = DaysPlan(name, lambda: _pair(wanted, progress), makers(wanted.settings, identity=identity), wanted.seeds, wanted.arms, wanted.budget)
    return bench_days(asked._replace(settings=wanted.settings, identity=identity), wanted.rows, command(), progress)


def _identified(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.core.home import data_path
    from broadsheet.plan.bench.identified import IdentifiedPlan, bench_fatigue

    named = wanted.folder if wanted.data is not None else data_path(FOLDERS["ml100k"])
    films, books = (path if path.is_dir() else None for path in (named, data_path(FOLDERS["books"])))
    return bench_fatigue(IdentifiedPlan(films, books, arms=wanted.arms, budget_minutes=wanted.budget), wanted.rows, command(), progress)


def _speed(wanted: Wanted, progress: "Progress") -> "Bench":
    from broadsheet.core.config import build
    from broadsheet.plan.bench.speed import SpeedPlan, bench_speed
    from broadsheet.plan.policy.config import PolicyConfig

    config = build(PolicyConfig, dict(wanted.settings), "--set")
    return bench_speed(SpeedPlan(arms=wanted.arms, config=config, budget_minutes=wanted.budget), wanted.rows, command(), progress)


BENCHES: dict[str, Callable[[Wanted, "Progress"], "Bench"]] = {
    "ml100k": _honest,
    "books": _honest,
    "world": _honest,
    "made": _honest,
    "coat": _coat,
    "lerl": _lerl,
    "aa": _aa,
    "planners": _planner_bench,
    "days": _days,
    "identified": _identified,
    "speed": _speed,
}
