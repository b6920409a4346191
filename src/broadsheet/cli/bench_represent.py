"""`broadsheet bench represent`, `represent-efficiency` and `index`: the benches of vectors."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Images, Json, Rows, Seeds, Texts, Vectors, command, printed
from broadsheet.cli.pictures import ColumnWords, FurtherImages, FurtherTexts, pictures_of


def represent(
    images: Images,
    texts: Texts,
    further_images: FurtherImages = None,
    further_texts: FurtherTexts = None,
    outside_images: Annotated[Path | None, typer.Option("--outside-images", help="A folder of pictures that are tested on and never trained on.")] = None,
    outside_texts: Annotated[list[Path] | None, typer.Option("--outside-texts", help="Their texts. Repeats.")] = None,
    *,
    tested: Annotated[int, typer.Option("--tested", min=2, help="Unseen families of pictures, one picture each.")] = 500,
    validated: Annotated[int, typer.Option("--validated", min=0, help="Further families, by which steps and strengths are chosen.")] = 250,
    tuned_steps: Annotated[int, typer.Option("--tuned-steps", min=0, help="Also tune the tower on the first split, about ten processor seconds a step.")] = 0,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Fit the small embedder on pictures with texts, and test it on unseen families against a ridge map, both directions.

    Example: broadsheet bench represent --images DIR --texts pictures.jsonl --tested 500
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.bench.pictures import ARMS, TUNED, PicturesPlan, bench_pictures
    from broadsheet.represent.pictures.labelled import Shown

    further = pictures_of(further_images, further_texts)
    if TUNED in (arm or ()) and not tuned_steps:
        raise ConfigError(f"The row {TUNED!r} needs steps to tune for.", "Add for example: --tuned-steps 300")
    plan = PicturesPlan(
        Shown(images, tuple(texts)),
        further=(further,) if further else (),
        outside=pictures_of(outside_images, outside_texts),
        seeds=seeds,
        tested=tested,
        validated=validated,
        tuned_steps=tuned_steps,
        budget_minutes=budget,
        arms=wanted_arms(arm or (), ARMS),
    )
    with shown() as progress:
        bench = bench_pictures(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def efficiency(
    images: Images,
    texts: Texts,
    tokens: Annotated[list[int] | None, typer.Option("--tokens", help="Tokens a picture, 49 or 196. Repeats. Default: both.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="Processor seconds that each arm is trained for.")] = 120,
    epochs: Annotated[float, typer.Option("--epochs", min=0.1, help="Epochs of pictures that each arm is trained for.")] = 2,
    backbone: Annotated[str, typer.Option("--backbone", help="The backbone; {tokens} stands for the tokens a picture.")] = "native:2:192:{tokens}",
    only: Annotated[list[str] | None, typer.Option("--only", help="speed or recall. Repeats. Default: both.")] = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Measure what many turns in one pass buy: pairs, pictures and updates a second, and recall at equal seconds and epochs.

    Example: broadsheet bench represent-efficiency --images DIR --texts pictures.jsonl --seeds 3
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.bench.efficiency import ARMS, EfficiencyPlan, bench_efficiency

    plan = EfficiencyPlan(
        images,
        tuple(texts),
        seeds=seeds,
        tokens=tuple(tokens or (49, 196)),
        backbone=backbone,
        seconds=seconds,
        epochs=epochs,
        budget_minutes=budget,
        arms=wanted_arms(arm or (), ARMS),
        parts=wanted_arms(only or (), ("speed", "recall")),
    )
    with shown() as progress:
        bench = bench_efficiency(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def index(
    vectors: Vectors,
    exact: Annotated[int, typer.Option("--exact", min=1, help="So many vectors are indexed by every arm.")] = 200_000,
    large: Annotated[int, typer.Option("--large", min=1, help="So many are indexed by the inverted file.")] = 1_000_000,
    jitter: Annotated[float | None, typer.Option("--jitter", min=0, help="Fill up with copies moved by noise of this length; rows say so.")] = None,
    queries: Annotated[int, typer.Option("--queries", min=2, help="Held-out vectors that are asked for, for each seed.")] = 1000,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time exact search and the inverted file on real vectors, a probe of the machine beside each row.

    Example: broadsheet bench index --vectors artifacts --exact 200000 --large 1000000 --jitter 0.5
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.bench.index import ARMS, IndexPlan, bench_index

    plan = IndexPlan(
        tuple(vectors),
        exact=exact,
        large=large,
        jitter=jitter,
        queries=queries,
        seeds=seeds,
        budget_minutes=budget,
        arms=wanted_arms(arm or (), ARMS),
    )
    with shown() as progress:
        bench = bench_index(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def words(
    source: Annotated[list[str] | None, typer.Option("--source", help="Items with titles and texts: files or folders. Repeats.")] = None,
    texts: Annotated[list[Path] | None, typer.Option("--texts", help="Texts of pictures, in place of --source; pictures are not looked at. Repeats.")] = None,
    model: Annotated[str, typer.Option("--model", help="The embedder: minilm, pictures, or a folder.")] = "minilm",
    columns: ColumnWords = "",
    queries: Annotated[int, typer.Option("--queries", min=2, help="So many are asked, for each seed.")] = 500,
    weight: Annotated[list[float] | None, typer.Option("--weight", help="Try this weight of words on the validation half. Repeats.")] = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Ask for items by their names and titles: by vectors alone, by words alone, and as search does, by both.

    Example: broadsheet bench represent-words --source papers.jsonl.gz
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.bench.words import ARMS, WordsPlan, bench_words
    from broadsheet.represent.catalogues import open_catalogue
    from broadsheet.represent.models import open_embedder

    catalogue = open_catalogue(source or (), texts or (), Path() if texts else None, columns).catalogue
    plan = WordsPlan(queries, seeds, tuple(weight or ()), budget, wanted_arms(arm or (), ARMS))
    with shown() as progress:
        bench = bench_words(catalogue, open_embedder(model), plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def speed(
    source: Annotated[list[str], typer.Option("--source", help="Items whose texts are embedded: files or folders. Repeats.")],
    images: Images,
    texts: Texts,
    flat: Annotated[int, typer.Option("--flat", min=10, help="So many short texts are embedded to see whether memory grows.")] = 100_000,
    seeds: Seeds = 3,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time how texts and pictures become vectors, a probe of the machine beside each row.

    Example: broadsheet bench represent-speed --source papers.jsonl.gz --images DIR --texts pictures.jsonl
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.bench.speed import SpeedPlan, bench_speed

    plan = SpeedPlan(tuple(source), images, tuple(texts), flat=flat, seeds=seeds, budget_minutes=budget)
    with shown() as progress:
        bench = bench_speed(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
