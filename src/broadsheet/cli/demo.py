"""`broadsheet demo`: each stage in a few commands on fictional data, with what to look at."""

import shlex
from pathlib import Path
from typing import Annotated, NamedTuple

import typer


class Act(NamedTuple):
    """One command of a demo, and what is to be seen in what it prints."""

    command: str
    look: str


class Demo(NamedTuple):
    """What a stage does in a sentence, its commands, and the command to go on with on one's own data."""

    what: str
    acts: tuple[Act, ...]
    on: str


DEMOS = {
    "represent": Demo(
        "Items become vectors; words and pictures find them.",
        (
            Act("sample catalogue shop --items 24 --users 20 --out {out}/shop", "A fictional shop: 24 articles, each with a drawing."),
            Act(
                'represent search "something to make tea in" --source {out}/shop/items.csv --model minilm -k 4',
                "By meaning: what tea is made in and kept in comes first, whatever it is called.",
            ),
            Act(
                "represent search --image {out}/shop/images/s000.png --texts {out}/shop/pictures.jsonl --images {out}/shop/images -k 4",
                "By a picture: the article itself, then drawings of the same shape.",
            ),
        ),
        "broadsheet represent search WORDS --source YOUR.csv",
    ),
    "retrieve": Demo(
        "What somebody had becomes the semantic IDs of what comes next; both ways of finding are fused.",
        (
            Act(
                "retrieve run --history w00250,w01340 -k 5",
                "[a-b-c] is an item's semantic ID: items alike begin alike. dense and generated are the two log-probabilities that are fused.",
            ),
            Act('retrieve run --query "a ledger of rents" -k 3', "The same for words: the model has learnt which titles find which items."),
        ),
        "broadsheet retrieve fit --data FOLDER --out retriever",
    ),
    "rank": Demo(
        "Every item is one token; the model says how likely each comes next.",
        (
            Act(
                "rank run --history w00250,w01340 --candidates w00266,w00271,w01404",
                "Probabilities are shares among all 1,500 items; the order of the history counts.",
            ),
            Act("rank run --history w01340,w00250 -k 5", "The other way round, and among all items."),
        ),
        "broadsheet rank fit --data FOLDER --out ranker",
    ),
    "needs": Demo(
        "Posts are read for what people say they need, each need with words of its own post as evidence.",
        (
            Act("sample posts --posters 16 --out {out}/posts.jsonl", "Fictional posts about money, by the people of a made-up world."),
            Act(
                "needs run --posts {out}/posts.jsonl --labeller cues --out {out}/needs",
                "Personal data are replaced first; mentions without evidence in their post are rejected.",
            ),
            Act(
                "needs infer --posts {out}/needs/posts.jsonl --mentions {out}/needs/mentions.jsonl --facts {out}/needs --claims {out}/needs --set draws=199 --set resamples=200",
                "The verdict: whether levels form a hierarchy, or the data do not tell. Numbers of few people are withheld.",
            ),
        ),
        "broadsheet needs run --posts YOUR.jsonl --out needs",
    ),
    "ask": Demo(
        "A question becomes a query over a graph, with what it says, its rows, and what they rest on.",
        (
            Act("ask describe sample", "What the graph of the sample's papers holds."),
            Act('ask run "Who wrote the most papers?"', "The query, the same in words, its rows, and which nodes they rest on."),
        ),
        'broadsheet ask "QUESTION" --graph YOUR.csv',
    ),
    "plan": Demo(
        "A planner chooses categories, a policy fills the slate, so that a reader is not tired of one thing.",
        (
            Act(
                "plan run --history w00098,w00175 --shown w01415,w01319:liked", "plan names the categories it allows; each pick has the chance of being liked."
            ),
            Act("plan run --history w00098,w00175", "The same reader before anything was shown: the plan allows one category that it rests above."),
        ),
        "broadsheet plan fit --help",
    ),
    "report": Demo(
        "A day of papers, ranked for a reader, as one page without a script.",
        (Act("report --out {out}/page", "Open the page that is named last: the picks, why each was picked, and the map of the day."),),
        "broadsheet report --source arxiv:cs.IR --profile me.toml",
    ),
}


def demo(
    stage: Annotated[str, typer.Argument(help=f"One of: {', '.join(DEMOS)}.")] = "report",
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for what a demo writes.")] = Path("demo"),
) -> None:
    """Show what a stage does, in less than half a minute on fictional data: the commands, what they print, what to look at, and how to go on.

    Example: broadsheet demo represent
    """
    from broadsheet.core.errors import ConfigError, did_you_mean

    if stage not in DEMOS:
        raise ConfigError(
            f"There is no demo of {stage!r}.{did_you_mean(stage, DEMOS)}", f"There are: {', '.join(DEMOS)}. The whole stack: broadsheet run sample"
        )
    shown = DEMOS[stage]
    typer.echo(f"{shown.what} All of it is fictional.")
    for act in shown.acts:
        words = shlex.split(act.command.format(out=shlex.quote(str(out))))
        typer.echo(f"\n$ broadsheet {shlex.join(words)}")
        _command(words)
        typer.echo(f"  → {act.look}")
    others = [name for name in DEMOS if name != stage]
    after = others[list(DEMOS).index(stage) % len(others)]
    typer.echo(f"\nGo on with your own: {shown.on}\nThe next stage: broadsheet demo {after}. All of them on one page: broadsheet run sample")


def _command(words: list[str]) -> None:
    """Run a command of the house in this process; one that ends with another code than 0 ends the demo with it."""
    import typer.main

    from broadsheet.cli import app

    code = typer.main.get_command(app).main(words, prog_name="broadsheet", standalone_mode=False)
    if isinstance(code, int) and code:
        raise typer.Exit(code)
