"""`broadsheet retrieve`: items by their semantic IDs, from what somebody had before."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.fitted import Data, Papers, Recipe, Seed, Texts, World

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Generate the semantic IDs of the items that come next, and fuse them with what vectors find.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("fit")
def fit(
    data: Data = None,
    world: World = None,
    papers: Papers = None,
    *,
    recipe: Recipe = "",
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting, e.g. size=small, epochs=5, levels=4. Repeats.")] = None,
    seed: Seed = 0,
    words: Texts = True,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the bundle; a bundle that stood there is replaced at the end.")] = Path("retriever"),
    as_json: Json = False,
) -> None:
    """Fit a bundle of model, semantic IDs and weights: on sequences of items, on a fictional world, or on authors' papers.

    A run that was stopped goes on where it was when the same command is given again.

    Example: broadsheet retrieve fit --data amazon/beauty --set size=small --out beauty
    """
    import json

    from broadsheet.cli.faults import tell
    from broadsheet.cli.fitted import configured, kind_of, known_of, require_one
    from broadsheet.cli.progress import shown
    from broadsheet.core.artifacts import check_replaceable
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.recipes import RECIPES
    from broadsheet.retrieve.retriever import NOT_TRAINED
    from broadsheet.stack.fitting import fit_retriever

    require_one(data, world, papers, texts=words)
    config = configured(RetrieverConfig, RECIPES, recipe, kind_of(world, papers), settings)
    check_replaceable(out, ArtifactKind.RETRIEVER)
    with shown() as progress, known_of(data, world, papers, texts=words) as known:
        made = fit_retriever(known._replace(tell=tell), out, config, seed=seed, progress=progress)
    for line in (*known.facts, f"Ask it: broadsheet retrieve run {out} --history ID,ID"):
        typer.echo(line, err=True)
    if made.manifest.models["retriever"].endswith(NOT_TRAINED):
        typer.echo("There was nothing to train on: answers say nothing.", err=True)
    facts = {"path": str(made.path), "models": made.manifest.models, "metrics": made.manifest.metrics}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.path))


@app.command("run")
def run(
    bundle: Annotated[Path | None, typer.Argument(help="A folder that fit wrote. Default: the fictional world's, which comes with the package.")] = None,
    history: Annotated[
        list[str] | None, typer.Option("--history", help="Items had before, in time order, with commas between. Repeats: one request each.")
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", help="What is looked for, in words. Repeats. With --history: one of each is one request.")
    ] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="Only items of this category. Repeats: of any of them.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many are given.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Give the items that come next or that are looked for, each with its semantic ID and what its score is made of.

    Scores are logarithms of probabilities over the whole catalogue; nothing known of a reader, answers are what most had.

    Example: broadsheet retrieve run --query "a ledger of rents" --history w00250,w01340 --category household-finance
    """
    import json

    from broadsheet.core.errors import ConfigError
    from broadsheet.retrieve.retriever import Ask, open_retriever

    if history and query and len(history) != len(query):
        raise ConfigError(f"{len(history)} histories and {len(query)} queries are no requests.", "Give a query for each history, or one kind alone.")
    retriever = open_retriever(bundle)
    rows = [[item.strip() for item in one.split(",") if item.strip()] for one in history or [""] * len(query or [""])]
    if query:
        from broadsheet.stack.contents import query_vectors

        asked = [Ask(row, vector) for row, vector in zip(rows, query_vectors(query, retriever.asked_by), strict=True)]
    else:
        asked = [Ask(row) for row in rows]
    names = [f"after {', '.join(row) or 'nothing'}" if row or not query else "" for row in rows]
    names = [", ".join(part for part in (name, f"for {text!r}" if text else "") if part) for name, text in zip(names, query or [""] * len(rows), strict=True)]
    answers = retriever(asked, k, allowed=retriever.of_categories(category) if category else None)
    if not retriever.trained:
        typer.echo("The bundle was fitted on nothing: its answers say nothing.", err=True)
    for answer in answers:
        for item in answer.unknown:
            typer.echo(f"{item} is not in the bundle; the request is answered without it.", err=True)
        if answer.popular:
            typer.echo("Nothing that is known was asked: these are what most had.", err=True)
    if as_json:
        told = [
            {"asked": name, "history": list(ask.history), "unknown": answer.unknown, "popular": answer.popular, "hits": [hit._asdict() for hit in answer.hits]}
            for name, ask, answer in zip(names, asked, answers, strict=True)
        ]
        typer.echo(json.dumps({"model": retriever.model, "answers": told}, indent=1))
        return
    for name, answer in zip(names, answers, strict=True):
        typer.echo(f"{name}:")
        for place, hit in enumerate(answer.hits, 1):
            codes = "-".join(str(code) for code in hit.semantic_id)
            typer.echo(f"{place:>3}  {hit.score:8.3f}  {hit.item}  {hit.title}  [{codes}]  dense {hit.dense:.2f}, generated {hit.generative:.2f}")
