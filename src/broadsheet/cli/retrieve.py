"""`broadsheet retrieve`: items by their semantic IDs, from what somebody had before."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Generate the semantic IDs of the items that come next, and fuse them with what vectors find.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("fit")
def fit(
    data: Annotated[Path, typer.Option("--data", help="A folder with sequences.txt, or train.inter, valid.inter, test.inter; items beside it.")],
    *,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting, e.g. size=small, epochs=5, levels=4. Repeats.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bundle.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the bundle; one that stood there is replaced at the end.")] = Path("retriever"),
    as_json: Json = False,
) -> None:
    """Fit a bundle of model, semantic IDs and weights on sequences of items.

    Example: broadsheet retrieve fit --data amazon/beauty --set size=small --out beauty
    """
    import json

    from broadsheet.cli.progress import shown
    from broadsheet.core.config import build, with_settings
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.retriever import Retriever, catalogue_of
    from broadsheet.sources.interactions import read_interactions

    config = build(RetrieverConfig, with_settings({}, settings or []), "--set")
    read = read_interactions(data)
    with shown() as progress:
        histories = [[read.items[item] for item in row.tolist()] for row in read.sequences]
        made = Retriever(config).fit(catalogue_of(read), out, seed=seed, histories=histories, progress=progress)
    facts = {"path": str(made.path), "models": made.manifest.models, "metrics": made.manifest.metrics}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.path))


@app.command("run")
def run(
    bundle: Annotated[Path, typer.Argument(help="A folder that fit wrote.")],
    history: Annotated[
        list[str] | None, typer.Option("--history", help="Items had before, in time order, with commas between. Repeats: one request each.")
    ] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="Only items of this category. Repeats: of any of them.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many are given.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Give the items that come next, each with its semantic ID and what its score is made of.

    Example: broadsheet retrieve run beauty --history 4,25,26 --category Makeup
    """
    import json

    from broadsheet.core.artifacts import read_artifact
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.retrieve.retriever import Ask, Retriever

    retriever = Retriever.load(read_artifact(bundle, ArtifactKind.RETRIEVER))
    asked = [Ask([item.strip() for item in one.split(",") if item.strip()]) for one in history or [""]]
    answers = retriever(asked, k, allowed=retriever.of_categories(category) if category else None)
    for answer in answers:
        for item in answer.unknown:
            typer.echo(f"{item} is not in the bundle; the request is answered without it.", err=True)
    if as_json:
        rows = [
            {"history": list(ask.history), "unknown": answer.unknown, "hits": [hit._asdict() for hit in answer.hits]}
            for ask, answer in zip(asked, answers, strict=True)
        ]
        typer.echo(json.dumps({"model": retriever.model, "answers": rows}, indent=1))
        return
    for ask, answer in zip(asked, answers, strict=True):
        typer.echo(f"after {', '.join(ask.history) or 'nothing'}:")
        for place, hit in enumerate(answer.hits, 1):
            codes = "-".join(str(code) for code in hit.semantic_id)
            typer.echo(f"{place:>3}  {hit.score:8.3f}  {hit.item}  [{codes}]  dense {hit.dense:.2f}, generated {hit.generative:.2f}")
