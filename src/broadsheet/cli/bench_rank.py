"""`broadsheet bench rank`: the benches of sequential recommendation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.rank.config import RankerConfig

Data = Annotated[
    list[Path],
    typer.Option("--data", help="A folder with sequences.txt, or train.inter, valid.inter, test.inter, or one of RecBole's, NAME/NAME.inter. Repeats."),
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A setting of the model, e.g. size=small, epochs=5. Repeats.")]


def _configured(settings: list[str] | None) -> "RankerConfig":
    from broadsheet.core.config import build, with_settings
    from broadsheet.rank.config import RankerConfig

    return build(RankerConfig, with_settings({}, settings or []), "--set")


def rank(
    data: Data,
    *,
    settings: Settings = None,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help="Read the items' texts with MiniLM.")] = True,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="Train a seed for about so long: all stages are cut alike.")] = None,
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
    from broadsheet.stack import text_contents

    with shown() as progress:
        plan = RankPlan(tuple(map(data_path, data)), seeds, tuple(arm or ()), seconds, budget, _configured(settings))
        if texts:
            plan = plan._replace(contents=lambda read: text_contents(read.items, read.texts, progress), texts=True)
        bench = bench_rank(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
