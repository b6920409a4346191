"""`broadsheet needs fit`: a labeller learnt from labels that people gave."""

from pathlib import Path
from typing import Annotated

import typer


def fit(
    labels: Annotated[list[Path], typer.Option("--labels", help="A sheet that was filled in, .csv, or Label Studio's export, .json. Repeats.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write, for needs run --labeller.")],
    posts: Annotated[Path | None, typer.Option("--posts", help="JSON lines: id, author, at, text. Without it the texts are the sheets' own.")] = None,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the folds and the intervals.")] = 0,
    *,
    also_llm: Annotated[bool, typer.Option("--also-llm", help="Learn from annotators named llm:NAME too, which are no people.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn to tell levels from labelled posts: a regression on words, on MiniLM's vectors, or both, with or without the taxonomy's sentences.

    Which of these is chosen by cross-validation within the labels; its figures stand beside those of MiniLM's prototypes, which need no labels. A level with too few
    texts is left to the prototypes. The same sheets and seed give the same bytes.

    Example: broadsheet needs fit --labels ana.csv --labels bo.csv --out labeller && broadsheet needs run --posts posts.jsonl --labeller labeller --out needs
    """
    from broadsheet.cli.labels import read
    from broadsheet.cli.progress import shown
    from broadsheet.needs.fit.run import Options
    from broadsheet.needs.fit.run import fit as fitted
    from broadsheet.needs.fit.show import lines
    from broadsheet.needs.taxonomy import open_taxonomy
    from broadsheet.stack.needed import level_prototypes

    levels = open_taxonomy(taxonomy)
    labelled, _ = read(labels, levels, posts)
    with shown() as progress:
        found, _ = fitted(labels, labelled, out, levels, level_prototypes(levels), Options(also_llm=also_llm, seed=seed), progress)
    typer.echo(found.model_dump_json() if as_json else "\n".join([*lines(found), f"In {out}."]))
