"""The layout of M-BEIR: queries with instructions against a pool that may be far larger than memory."""

from pathlib import Path

from broadsheet.core.bench import Task, run_tasks
from broadsheet.core.component import MultimodalEmbedder
from broadsheet.core.files import file_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.represent.evaluate.mbeir_files import Files, find_sets, read_instructions
from broadsheet.represent.evaluate.mbeir_pass import LAYOUT, MbeirConfig, Passes
from broadsheet.represent.evaluate.results import Evaluation, evaluation, mean_row, set_row
from broadsheet.represent.evaluate.scoring import Embeds

# The published figure of a set is R@5, of these R@10.
DEEP = ("fashion200k", "fashioniq")
PUBLISHED = "R"
COUNTED = "R is hit@5, and hit@10 for Fashion200K and FashionIQ: whether any relevant candidate is among the first, as the benchmark counts it."
SETS = (
    "visualnews_task0 mscoco_task0 fashion200k_task0 webqa_task1 edis_task2 webqa_task2 visualnews_task3 mscoco_task3 fashion200k_task3 "
    "nights_task4 oven_task6 infoseek_task6 fashioniq_task7 cirr_task7 oven_task8 infoseek_task8"
).split()  # fmt: skip


def published_metric(name: str) -> str:
    """Return the metric that is published of a set.

    >>> published_metric("fashioniq_task7"), published_metric("cirr_task7")
    ('hit@10', 'hit@5')
    """
    return "hit@10" if name.startswith(DEEP) else "hit@5"


def evaluate_mbeir(
    folder: Path,
    embedder: MultimodalEmbedder,
    rows: Path,
    *,
    images: Path | None = None,
    config: MbeirConfig | None = None,
    command: str = "",
    budget_minutes: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Measure an embedder on each set of a folder; picture paths are relative to `images`, or else to the folder.

    Relevance is read from `qrels`, or where a set has no such file from its queries' `pos_cand_list`. Each set is kept as an
    artefact under `rows` and not measured twice (by the files' hashes; those of pictures are not taken: measure into
    another folder where pictures changed); sets that share a pool are measured in one pass over it. One that cannot be read is missing
    with the reason. A relevant candidate that the pool lacks is a fault, and a miss. Raises SourceNotFoundError for files that are not there.
    """
    settings = config or MbeirConfig()
    embeds, root = Embeds(embedder), images or folder
    sets = find_sets(folder, settings.split, settings.pool, settings.sets)
    wordings = read_instructions(folder) if settings.instructions else {}

    hashes = {path: file_hash(path) for path in dict.fromkeys(path for files in sets for path in _read(files))}

    def task(files: Files) -> Task:
        facts = {**settings.model_dump(exclude={"sets", "block"}), "layout": LAYOUT, "model": embeds.model}
        facts["hash"] = sorted(hashes[path] for path in _read(files))
        facts["wordings"] = sorted((" ".join(key), *texts) for key, texts in wordings.items())
        return Task(files.name, embeds.model, settings.seed, facts, lambda: passes.measure(files))

    tasks = {files.name: task(files) for files in sets}
    unmeasured = [files for files in sets if not (rows / LAYOUT / tasks[files.name].key(LAYOUT)).exists()]
    passes = Passes(unmeasured, root, embeds, settings, wordings, progress)
    outcome = run_tasks(LAYOUT, list(tasks.values()), rows, budget_minutes=budget_minutes)
    table = [{**set_row(row, {"of": published_metric(row.data)}), PUBLISHED: row.metrics[published_metric(row.data)]} for row in outcome.rows]
    known = [row for row in table if row["name"] in SETS]
    means = [mean_row("overall", known, [PUBLISHED], len(SETS))] if known else []
    unknown = [row.data for row in outcome.rows if row.data not in SETS]
    notes = [COUNTED, *([f"Not among the 16 sets, and in no mean: {', '.join(unknown)}."] if unknown else [])]
    data = {"folder": folder.name, "model": embeds.model, "split": settings.split, "pool": settings.pool, "instructions": settings.instructions}
    return evaluation(LAYOUT, command, outcome, [*table, *means], data, notes)


def _read(files: Files) -> list[Path]:
    return [path for path in (files.queries, files.pool, files.qrels) if path]
