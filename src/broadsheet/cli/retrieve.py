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
    data: Annotated[Path | None, typer.Option("--data", help="A folder with sequences.txt, or train.inter, valid.inter, test.inter; items beside it.")] = None,
    world: Annotated[Path | None, typer.Option("--world", help="A fictional world that `broadsheet world` wrote: texts, figures and readers.")] = None,
    papers: Annotated[list[str] | None, typer.Option("--papers", help="Papers with authors: files or folders. Sequences are authors' papers. Repeats.")] = None,
    *,
    recipe: Annotated[str, typer.Option("--recipe", help="sequences, papers or world. Default: by what is given.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting, e.g. size=small, epochs=5, levels=4. Repeats.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bundle.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the bundle; one that stood there is replaced at the end.")] = Path("retriever"),
    as_json: Json = False,
) -> None:
    """Fit a bundle of model, semantic IDs and weights: on sequences of items, on a fictional world, or on authors' papers.

    Example: broadsheet retrieve fit --data amazon/beauty --set size=small --out beauty
    """
    import json

    from broadsheet.cli.progress import shown
    from broadsheet.core.config import build, with_settings
    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.recipes import RECIPES

    if sum(given is not None for given in (data, world, papers or None)) != 1:
        raise ConfigError("What is fitted on is named not at all, or twice.", "Give one of --data, --world and --papers.")
    name = recipe or ("world" if world else "papers" if papers else "sequences")
    if name not in RECIPES:
        raise ConfigError(f"There is no recipe {name!r}.{did_you_mean(name, RECIPES)}", f"Recipes are: {', '.join(RECIPES)}.")
    config = build(RetrieverConfig, with_settings(dict(RECIPES[name]), settings or []), "--set")
    with shown() as progress:
        if world is not None:
            from broadsheet.sample.world import read_world
            from broadsheet.stack import fit_world_retriever

            made = fit_world_retriever(read_world(world), out, config, seed=seed, progress=progress)
        elif papers:
            from broadsheet.sources import read_source
            from broadsheet.stack import fit_papers_retriever

            made = fit_papers_retriever(read_source(papers).announcements, out, config, seed=seed, progress=progress)
        else:
            from broadsheet.retrieve.retriever import Retriever, catalogue_of
            from broadsheet.sources.interactions import read_interactions

            assert data is not None
            read = read_interactions(data)
            histories = [[read.items[item] for item in row.tolist()] for row in read.sequences]
            made = Retriever(config).fit(catalogue_of(read), out, seed=seed, histories=histories, progress=progress)
    facts = {"path": str(made.path), "models": made.manifest.models, "metrics": made.manifest.metrics}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.path))


@app.command("run")
def run(
    bundle: Annotated[Path | None, typer.Argument(help="A folder that fit wrote. Default: the fictional world's, which comes with the package.")] = None,
    history: Annotated[
        list[str] | None, typer.Option("--history", help="Items had before, in time order, with commas between. Repeats: one request each.")
    ] = None,
    query: Annotated[list[str] | None, typer.Option("--query", help="What is looked for, in words. Repeats: one request each.")] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="Only items of this category. Repeats: of any of them.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many are given.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Give the items that come next or that are looked for, each with its semantic ID and what its score is made of.

    Example: broadsheet retrieve run --query "a ledger of rents" --history w00250,w01340 --category household-finance
    """
    import json

    from broadsheet.retrieve.retriever import Ask, open_retriever

    retriever = open_retriever(bundle)
    asked = [Ask([item.strip() for item in one.split(",") if item.strip()]) for one in history or []]
    names = [f"after {', '.join(ask.history) or 'nothing'}" for ask in asked]
    if query:
        from broadsheet.stack import query_vectors

        asked += [Ask(query=vector) for vector in query_vectors(query, retriever.asked_by)]
        names += [f"for {text!r}" for text in query]
    if not asked:
        asked, names = [Ask()], ["after nothing"]
    answers = retriever(asked, k, allowed=retriever.of_categories(category) if category else None)
    for answer in answers:
        for item in answer.unknown:
            typer.echo(f"{item} is not in the bundle; the request is answered without it.", err=True)
    if as_json:
        rows = [
            {"asked": name, "history": list(ask.history), "unknown": answer.unknown, "hits": [hit._asdict() for hit in answer.hits]}
            for name, ask, answer in zip(names, asked, answers, strict=True)
        ]
        typer.echo(json.dumps({"model": retriever.model, "answers": rows}, indent=1))
        return
    for name, answer in zip(names, answers, strict=True):
        typer.echo(f"{name}:")
        for place, hit in enumerate(answer.hits, 1):
            codes = "-".join(str(code) for code in hit.semantic_id)
            typer.echo(f"{place:>3}  {hit.score:8.3f}  {hit.item}  {hit.title}  [{codes}]  dense {hit.dense:.2f}, generated {hit.generative:.2f}")
