"""`broadsheet bench rank`: the benches of sequential recommendation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.rank.bench.world import Known
    from broadsheet.rank.config import RankerConfig

Data = Annotated[
    list[Path],
    typer.Option(
        "--data", help="A folder with sequences.txt, or test.inter or test.tsv of user, items, target, or one of RecBole's, NAME/NAME.inter. Repeats."
    ),
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A setting of the model, e.g. size=small, epochs=5. Repeats.")]


def _configured(settings: list[str] | None, recipe: str = "sequences") -> "RankerConfig":
    from broadsheet.cli.fitted import configured
    from broadsheet.rank.config import RankerConfig
    from broadsheet.rank.recipes import RECIPES

    return configured(RankerConfig, RECIPES, "", recipe, settings)


def rank(
    data: Data,
    *,
    settings: Settings = None,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help="Read the items' texts with MiniLM.")] = True,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="Train a seed for about so long: all stages are cut alike.")] = None,
    rival: Annotated[Path | None, typer.Option("--rival", help="What benchmarks/recbole_sasrec.py wrote of the same data: a row of its own.")] = None,
    writes: Annotated[int, typer.Option("--writes", min=1, help="Steps in which the generating model is trained.")] = 1000,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Fit one-token-an-item recommendation, SASRec and its kin on sequences, and test them and cheap baselines on each user's last item.

    Example: broadsheet bench rank --data amazon/beauty --seeds 5
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.rank.bench.sequences import RankPlan, bench_rank
    from broadsheet.stack.contents import text_contents

    with shown() as progress:
        plan = RankPlan(tuple(map(data_path, data)), seeds, tuple(arm or ()), seconds, budget, _configured(settings), rival=rival, writes=writes)
        if texts:
            plan = plan._replace(contents=lambda read: text_contents(read.items, read.texts, progress), texts=True)
        bench = bench_rank(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def speed(
    data: Data,
    *,
    backbone: Annotated[list[str] | None, typer.Option("--backbone", help="native, smollm2[:LAYERS] or hf:FOLDER. Repeats. Default: native.")] = None,
    words: Annotated[list[int] | None, typer.Option("--words", min=2, help="At most so many words an item. Repeats. Default: 5, 12, 23.")] = None,
    history: Annotated[int, typer.Option("--history", min=4, help="Items a history.")] = 50,
    settings: Settings = None,
    repeats: Annotated[int, typer.Option("--repeats", min=2, help="So often each time is taken.")] = 5,
    seeds: Seeds = 1,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time one token an item beside the same model that reads every word of a history.

    Example: broadsheet bench rank-speed --data ml-100k --words 5 --words 23 --backbone native --backbone smollm2
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.rank.bench.speed import SpeedPlan, bench_speed
    from broadsheet.stack.contents import text_contents

    with shown() as progress:
        plan = SpeedPlan(
            tuple(map(data_path, data)),
            lambda ids, texts: text_contents(ids, texts, progress),
            tuple(backbone or ("native",)),
            tuple(words or (5, 12, 23)),
            history,
            repeats,
            seeds,
            budget,
            _configured(settings),
        )
        bench = bench_speed(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def world(
    *,
    readers: Annotated[int, typer.Option("--readers", min=10, help="Readers of the world.")] = 5000,
    world_seed: Annotated[int, typer.Option("--world-seed", min=0, help="The seed of the world.")] = 0,
    settings: Settings = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Ask for what is planted in the fictional world, with and without what each truth needs.

    Example: broadsheet bench rank-world --readers 5000 --seeds 3
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.rank.bench.world import ARMS, WorldPlan, bench_world
    from broadsheet.sample.world import world as make
    from broadsheet.stack.known import known_world

    config = _configured(settings, "crowd")
    with shown() as progress:

        def known() -> "Known":
            return known_world(make(readers, 1500, 30, world_seed, progress=progress), config.content, progress)

        plan = WorldPlan(f"{readers} readers, seed {world_seed}", known, seeds, tuple(arm or ARMS), budget, config)
        bench = bench_world(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def serving(
    *,
    items: Annotated[int, typer.Option("--items", min=200, help="Items of the catalogue.")] = 100_000,
    settings: Settings = None,
    seeds: Seeds = 1,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time one more event of a user and the best hundred of all items, one by one and side by side.

    Example: broadsheet bench rank-serving --items 100000
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.rank.bench.serving import ServingPlan, bench_serving

    with shown() as progress:
        bench = bench_serving(ServingPlan(items, seeds, budget, _configured(settings)), rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def citeulike(
    data: Annotated[Path, typer.Option("--data", help="The folder of citeulike-a: users.dat, item-tag.dat, tags.dat.")],
    *,
    settings: Settings = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Take papers out of real readers' libraries, and look for them: among papers met before, and among papers that nobody had.

    Example: broadsheet bench rank-citeulike --data arxiv/citeulike-a
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.rank.bench.citeulike import CiteulikePlan, bench_citeulike
    from broadsheet.stack.contents import text_contents

    config = _configured(settings, "libraries")
    with shown() as progress:
        plan = CiteulikePlan(data_path(data), lambda ids, texts: text_contents(ids, texts, progress), seeds, tuple(arm or ()), budget, config)
        bench = bench_citeulike(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
