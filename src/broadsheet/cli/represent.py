"""`broadsheet represent`: items as vectors, and items found by words and pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.faults import tell
from broadsheet.cli.pictures import ColumnWords, FurtherImages, FurtherTexts, pictures_of

if TYPE_CHECKING:
    from broadsheet.represent.catalogues import Shown

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Turn items into vectors, and find items by words, by a picture, or by both.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Source = Annotated[list[str] | None, typer.Option("--source", help="Items: files or folders (JSON Lines, CSV, Parquet, feeds). Repeats.")]
Texts = Annotated[list[Path] | None, typer.Option("--texts", help="Pictures with texts: JSON Lines with image, title, keywords, category. Repeats.")]
Images = Annotated[Path | None, typer.Option("--images", help="The folder that paths of pictures are relative to.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", help="minilm, pictures, or a folder that fit wrote. Default: pictures for a run, as on its site, and where there are any, else minilm."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def _shown(source: list[str] | None, texts: list[Path] | None, images: Path | None, columns: str = "") -> "Shown":
    from broadsheet.represent.catalogues import open_catalogue

    shown = open_catalogue(source or [], texts or [], images, columns)
    tell(shown.faults)
    return shown


def _of_run(folder: Path) -> "Shown":
    from broadsheet.core.catalogue import Catalogue
    from broadsheet.represent.catalogues import Shown
    from broadsheet.stack.why import Lineage

    held = Lineage(folder).holdings
    return Shown(Catalogue(held.items.values()), held.root, [])


def _embedder(model: str, shown: "Shown") -> Any:
    from broadsheet.represent.models import open_embedder

    return open_embedder(model or ("pictures" if shown.root is not None else "minilm"))


@app.command("run")
def run(
    source: Source = None,
    texts: Texts = None,
    images: Images = None,
    model: Model = "",
    dim: Annotated[int | None, typer.Option("--dim", min=1, help="Keep so many leading dimensions (of a model trained for it).")] = None,
    kept: Annotated[str, typer.Option("--format", help="How the index keeps vectors: float32, bfloat16 or int8.")] = "float32",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write an index here too. Vectors themselves are kept under BROADSHEET_HOME.")] = None,
    as_json: Json = False,
) -> None:
    """Embed a catalogue: what is embedded already is found again, broken pictures are named, and the rest goes on.

    Example: broadsheet represent run --source papers.jsonl.gz --model minilm
    """
    import json

    from broadsheet.cli.progress import shown as bars
    from broadsheet.core.component import MultimodalEmbedder
    from broadsheet.core.config import build
    from broadsheet.core.embeddings import embed_catalogue
    from broadsheet.core.home import artifact_folder
    from broadsheet.core.index import IndexConfig, build_index, truncate

    config = build(IndexConfig, {"format": kept}, "--format")
    shown = _shown(source, texts, images)
    embedder = _embedder(model, shown)
    with bars() as progress:
        made = embed_catalogue(embedder, shown.catalogue, artifact_folder(), progress, root=shown.root if isinstance(embedder, MultimodalEmbedder) else None)
    facts = {
        "path": str(made.artifact.path),
        "model": made.model,
        "items": len(made.ids),
        "dimensions": made.vectors.shape[1],
        "faults": made.faults,
    }
    if out:
        index = build_index(made, config=config)
        if dim:
            vectors = truncate(made.vectors, dim)
            parents, models = index.parents, {"embedder": f"{made.model}, first {dim} dimensions"}
            index = build_index(made.ids, vectors, config)
            index.parents, index.models = parents, models
            facts["dimensions"] = dim
        facts["index"] = str(index.save(out).path)
    tell(f"{item}: {fault}" for item, fault in made.faults.items())
    typer.echo(json.dumps(facts, indent=1) if as_json else facts.get("index", facts["path"]))


@app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="What is looked for, in words; may be left out where --image is given.")] = "",
    image: Annotated[Path | None, typer.Option("--image", help="A picture to look for, alone or with words.")] = None,
    source: Source = None,
    texts: Texts = None,
    images: Images = None,
    model: Model = "",
    k: Annotated[int, typer.Option("-k", min=1, help="How many are shown.")] = 10,
    columns: ColumnWords = "",
    run: Annotated[Path | None, typer.Option("--run", help="A folder that `broadsheet run` wrote, in place of --source: its catalogue is searched.")] = None,
    as_json: Json = False,
) -> None:
    """Find items by words, by a picture, or by both; the catalogue is embedded on first use.

    Example: broadsheet represent search "a red lamp" --texts pictures.jsonl --images DIR

    Example: broadsheet represent search "a red lamp" --run page
    """
    import json

    from broadsheet.cli.progress import shown as bars
    from broadsheet.represent.finding import WEIGHT, absence
    from broadsheet.represent.models import model_of_runs
    from broadsheet.represent.search import Searcher

    shown = _shown(source, texts, images, columns) if run is None else _of_run(run)
    embedder = _embedder(model or ("pictures" if image else model_of_runs() if run is not None else ""), shown)
    with bars() as progress:
        searcher = Searcher(embedder, shown, progress=progress)
    hits, absent = searcher.search(text, image, k), searcher.absent(text)
    tell(f"{item}: {fault}" for item, fault in searcher.embeddings.faults.items())
    tell([absence(absent)] if absent else [])
    if as_json:
        found = [
            {
                "rank": hit.rank,
                "score": round(hit.score, 6),
                "cosine": round(hit.cosine, 6),
                "words": round(hit.words, 3),
                "id": hit.item.id,
                "title": hit.item.title,
                "url": hit.item.url,
            }
            for hit in hits
        ]
        typer.echo(json.dumps({"model": embedder.model, "how": searcher.index.arithmetic, "absent": absent, "hits": found}, indent=1))
        return
    typer.echo(f"Score: the cosine to what was asked, 1 at most, and up to {WEIGHT:g} more for the share of its words that the item holds.", err=True)
    width = max(len(text) for text in ("item", *(hit.item.id for hit in hits)))
    typer.echo(f"{'':>3}  {'score':>6}  {'item':<{width}}  title")
    for hit in hits:
        typer.echo(f"{hit.rank:>3}  {hit.score:>6.3f}  {hit.item.id:<{width}}  {hit.item.title}")


@app.command("fit")
def fit(
    images: Annotated[Path, typer.Option("--images", help="The folder of pictures.")],
    texts: Texts = None,
    turns: Annotated[Path | None, typer.Option("--turns", help="Turns that `represent curate` wrote, in place of --texts.")] = None,
    kind: Annotated[str, typer.Option("--kind", help="pictures (a head on a frozen tower, minutes) or muco (multi-turn training).")] = "pictures",
    further_images: FurtherImages = None,
    further_texts: FurtherTexts = None,
    *,
    recipe: Annotated[Path | None, typer.Option("--recipe", help="Of pictures: a file that says all settings, e.g. recipes/represent-pictures.toml.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting, e.g. backbone=hf:FOLDER, steps=500, lora.rank=16. Repeats.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same weights.")] = 0,
    held_out: Annotated[int, typer.Option("--held-out", min=0, help="Families of pictures kept out of training, for a test of your own.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the fitted embedder.")] = Path("embedder"),
    as_json: Json = False,
) -> None:
    """Fit an embedder on your own pictures with texts. A run that was stopped goes on where it was.

    Example: broadsheet represent fit --images DIR --texts pictures.jsonl --kind pictures --out embedder
    """
    import json

    from broadsheet.cli.progress import shown as bars
    from broadsheet.core.artifacts import check_replaceable
    from broadsheet.core.config import with_settings
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.represent.fitting import fit_embedder

    check_replaceable(out, ArtifactKind.EMBEDDER)
    further = pictures_of(further_images, further_texts)
    with bars() as progress:
        made = fit_embedder(
            kind,
            images,
            texts or [],
            turns,
            out,
            with_settings({}, settings or []),
            recipe=recipe,
            further=(further,) if further else (),
            seed=seed,
            held_out=held_out,
            progress=progress,
        )
    tell(f"{name}: {fault}" for name, fault in made.faults.items())
    facts = {"path": str(made.artifact.path), "models": made.artifact.manifest.models, "metrics": made.artifact.manifest.metrics, "left_out": len(made.faults)}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.artifact.path))


@app.command("curate")
def curate(
    texts: Annotated[list[Path], typer.Option("--texts", help="What is known of the pictures: JSON Lines, or parquet in the published columns. Repeats.")],
    images: Images = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Turns a picture at most.")] = 7,
    least: Annotated[int, typer.Option("--least", min=1, help="A picture with fewer turns is left without any.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Which of several wordings is drawn.")] = 0,
    m3t: Annotated[Path | None, typer.Option("--m3t", help="Write the turns in the published columns too, into this folder.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of turns; turns that are there already are kept.")] = Path("turns"),
    as_json: Json = False,
) -> None:
    """Make turns about your own pictures, by rules, with a card that says what they are worth.

    How a language model makes them stands in docs/curate.md.

    Example: broadsheet represent curate --images DIR --texts pictures.jsonl --out turns
    """
    import json

    from broadsheet.cli.progress import shown as bars
    from broadsheet.represent.curate import CurateConfig, read_texts, read_turns, write_m3t
    from broadsheet.represent.curate import curate as make
    from broadsheet.represent.curate.run import CARD

    with bars() as progress:
        made = make(read_texts(texts, seed), out, images=images, config=CurateConfig(most=most, least=least, seed=seed), progress=progress)
    if m3t:
        write_m3t(read_turns(made), m3t)
    if as_json:
        typer.echo(json.dumps({"path": str(made.path), "metrics": made.manifest.metrics}, indent=1))
        return
    typer.echo((made.path / CARD).read_text(encoding="utf-8"), err=True)
    typer.echo(str(made.path))


@app.command("export")
def export(
    model: Annotated[str, typer.Argument(help="minilm, pictures, or a folder that fit wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder that sentence-transformers will load.")] = Path("exported"),
) -> None:
    """Write an embedder as a sentence-transformers folder; its vectors of texts are compared with ours before it is left there.

    Example: broadsheet represent export embedder --out exported
    """
    from broadsheet.represent.export import export_embedder
    from broadsheet.represent.models import open_embedder

    exported = export_embedder(open_embedder(model), out)
    typer.echo(f"texts agree to a cosine of {exported.agreement:.6f}", err=True)
    typer.echo(str(exported.path))


@app.command("evaluate")
def evaluate(
    layout: Annotated[str, typer.Argument(help="mmeb (parquet files a set) or mbeir (query, cand_pool, instructions, qrels).")],
    folder: Annotated[Path, typer.Argument(help="The folder of that layout.")],
    images: Annotated[Path | None, typer.Option("--images", help="The folder that paths of pictures are relative to. Default: the folder itself.")] = None,
    model: Annotated[str, typer.Option("--model", help="pictures, or a folder that fit wrote.")] = "pictures",
    sets: Annotated[list[str] | None, typer.Option("--only", help="Only this set. Repeats.")] = None,
    split: Annotated[str, typer.Option("--split", help="Of mbeir: train, val or test.")] = "test",
    pool: Annotated[str, typer.Option("--pool", help="Of mbeir: local or global.")] = "local",
    budget: Annotated[float | None, typer.Option("--budget-minutes", min=0, help="Begin no set after this many minutes; say which are missing.")] = None,
    rows: Annotated[Path | None, typer.Option("--rows", help="Where rows are kept. Default: bench under BROADSHEET_HOME.")] = None,
    as_json: Json = False,
) -> None:
    """Measure an embedder on a folder in the layout of MMEB or M-BEIR, ties counted by the mean.

    Example: broadsheet represent evaluate mmeb MMEB-eval --images MMEB-images --model pictures
    """
    import sys

    from broadsheet.cli.progress import shown as bars
    from broadsheet.core.bench import render
    from broadsheet.core.component import MultimodalEmbedder
    from broadsheet.core.config import build
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.home import bench_folder
    from broadsheet.represent.evaluate import MbeirConfig, MmebConfig, evaluate_mbeir, evaluate_mmeb
    from broadsheet.represent.models import open_embedder

    embedder = open_embedder(model)
    if not isinstance(embedder, MultimodalEmbedder):
        raise ConfigError(f"{embedder.model} reads no pictures.", "Name pictures, or the folder of a multi-turn model.")
    if layout not in {"mmeb", "mbeir"}:
        raise ConfigError(f"There is no layout {layout!r}.", "Layouts are mmeb and mbeir.")
    kept, command, only = rows or bench_folder(), " ".join(["broadsheet", *sys.argv[1:]]), tuple(sets or ())
    with bars() as progress:
        if layout == "mmeb":
            config = MmebConfig(sets=only)
            made = evaluate_mmeb(folder, images or folder, embedder, kept, config=config, command=command, budget_minutes=budget, progress=progress)
        else:
            stated = build(MbeirConfig, {"sets": only, "split": split, "pool": pool}, "evaluate")
            made = evaluate_mbeir(folder, embedder, kept, images=images, config=stated, command=command, budget_minutes=budget, progress=progress)
    tell(f"{name}, {item}: {fault}" for name, faults in made.faults.items() for item, fault in faults.items())
    typer.echo(made.bench.model_dump_json(indent=1) if as_json else render(made.bench))
