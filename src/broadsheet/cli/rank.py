"""`broadsheet rank`: what comes next, every item one token."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.fitted import Data, Papers, Recipe, Seed, Texts, World

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Rank items, or candidates, by what somebody had before; every item is one token of text, image and who had it.",
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
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, e.g. size=small, epochs=5, backbone=smollm2; docs/rank.md has all. Repeats.")
    ] = None,
    seed: Seed = 0,
    words: Texts = True,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the bundle; a bundle that stood there is replaced at the end.")] = Path("ranker"),
    as_json: Json = False,
) -> None:
    """Fit a bundle that ranks what comes next: on sequences of items, on a fictional world, or on authors' papers.

    A run that was stopped goes on where it was when the same command is given again.

    Example: broadsheet rank fit --data amazon/beauty --set size=small --out beauty
    """
    import json

    from broadsheet.cli.faults import tell
    from broadsheet.cli.fitted import configured, kind_of, known_of, require_one
    from broadsheet.cli.progress import shown
    from broadsheet.core.artifacts import check_replaceable
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.rank.config import RankerConfig
    from broadsheet.rank.ranker import NOT_TRAINED
    from broadsheet.rank.recipes import RECIPES
    from broadsheet.stack.fitting import fit_ranker

    require_one(data, world, papers, texts=words)
    config = configured(RankerConfig, RECIPES, recipe, kind_of(world, papers), settings)
    check_replaceable(out, ArtifactKind.SEQUENCE_RANKER)
    with shown() as progress, known_of(data, world, papers, texts=words) as known:
        made = fit_ranker(known._replace(tell=tell), out, config, seed=seed, progress=progress)
    for line in known.facts:
        typer.echo(line, err=True)
    stages = made.frame("stages").to_dicts() if "stages.parquet" in made.manifest.files else []
    for stage in stages:
        shares = ", ".join(f"{name} {value:.2f}" for name, value in stage.items() if name.startswith(("gate ", "gradient_share_")) and value is not None)
        typer.echo(f"stage {stage['stage']}: {stage['step']} steps, loss {stage['last_loss']:.3f}, nDCG@10 {stage['ndcg@10']:.4f}; {shares}", err=True)
    if made.manifest.models["ranker"].endswith(NOT_TRAINED):
        typer.echo("There was nothing to train on: answers say nothing.", err=True)
    typer.echo(f"Ask it: broadsheet rank run {out} --history ID,ID", err=True)
    facts = {"path": str(made.path), "models": made.manifest.models, "metrics": made.manifest.metrics, "stages": stages}
    typer.echo(json.dumps(facts, indent=1) if as_json else str(made.path))


@app.command("run")
def run(
    bundle: Annotated[Path | None, typer.Argument(help="A folder that fit wrote. Default: the fictional world's, which comes with the package.")] = None,
    history: Annotated[
        list[str] | None, typer.Option("--history", help="Items had before, in time order, with commas between. Repeats: one request each.")
    ] = None,
    candidates: Annotated[str | None, typer.Option("--candidates", help="Only these items are ranked, with commas between.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many are given.")] = 10,
    *,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Also items of the history.")] = False,
    as_json: Json = False,
) -> None:
    """Rank what comes next after a history, all items or the candidates alone, each with its score and how likely it is.

    Probabilities are shares among all items; nothing known of a reader, answers are what most had.

    Example: broadsheet rank run --history w00250,w01340 --candidates w00266,w00271,w01404
    """
    import json

    from broadsheet.rank.ranker import open_ranker

    ranker = open_ranker(bundle)
    rows = [_listed(one) for one in history or [""]]
    wanted = None if candidates is None else _listed(candidates)
    rankings = [ranker.rank(row, k, wanted, exclude_seen=not keep_seen) for row in rows]
    if not ranker.trained:
        typer.echo("The bundle was fitted on nothing: its answers say nothing.", err=True)
    for ranking in rankings:
        for item in ranking.unknown:
            typer.echo(f"{item} is not in the bundle; the request is answered without it.", err=True)
        for item in ranking.seen:
            typer.echo(f"{item} is in the history and left out; --keep-seen ranks it too.", err=True)
        if ranking.popular:
            typer.echo("Nothing that is known was given: these are what most had.", err=True)
    if as_json:
        answers = [
            {"history": row, "unknown": ranking.unknown, "popular": ranking.popular, "seen": ranking.seen, "hits": [hit._asdict() for hit in ranking.hits]}
            for row, ranking in zip(rows, rankings, strict=True)
        ]
        typer.echo(json.dumps({"model": ranker.model, "answers": answers}, indent=1))
        return
    for row, ranking in zip(rows, rankings, strict=True):
        typer.echo(f"after {', '.join(row) or 'nothing'}:")
        for place, hit in enumerate(ranking.hits, 1):
            typer.echo(f"{place:>3}  {hit.probability:8.4f}  {hit.item}  {hit.title}")


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
