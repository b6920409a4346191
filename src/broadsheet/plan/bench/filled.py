"""Plan tables as planners of the honest bench: filled by a local model for each pair when they are first asked for, kept beside the rows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.llm import Client, open_llm
from broadsheet.core.progress import Progress, silent
from broadsheet.core.store import Store
from broadsheet.plan.bench.tables import BY_RULE, NAME_ARMS, name_tables
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.planners.asking import LOCAL
from broadsheet.plan.planners.table import BY_RULE as TABLE_BY_RULE

CALLED: Final = {arm: TABLE_BY_RULE if arm == BY_RULE else f"LLM table, {arm}" for arm in NAME_ARMS}
"""Names of tables by what fills them; `bench/standing.py` holds the first against the others."""


def table_planners(llm: str, folder: Path, codes: int, progress: Progress = silent) -> Mapping[str, Callable[[Pair], str]]:
    """Return by its name what gives the spec of each plan table for a pair: by names, names shuffled, ids, and without a model."""

    def spec(arm: str, pair: Pair) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        store = Store(folder / "replies.sqlite")
        client = Client(open_llm(llm), store, limits=LOCAL)
        table = name_tables(pair, client, folder, arms=(arm,), codes=codes, progress=progress)[arm]
        store.close()
        path = folder / f"table-{arrays_hash({'codes': table.codes, 'values': table.values})[:16]}"
        if not path.exists():
            table.save(path)
        return f"llm-table:path={path}"

    return {name: lambda pair, arm=arm: spec(arm, pair) for arm, name in CALLED.items()}
