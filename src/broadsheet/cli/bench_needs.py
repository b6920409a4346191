"""`broadsheet bench needs`: the benches of what people say they need."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.core.bench import Bench
    from broadsheet.core.progress import Progress


def needs(
    *,
    cfpb: Annotated[
        Path | None, typer.Option("--cfpb", help="Complaints: a CSV file of narrative, product, and NAME_prediction with its time- column.")
    ] = None,
    banking77: Annotated[Path | None, typer.Option("--banking77", help="Texts with one label each: a CSV file of text and category, or its folder.")] = None,
    nlupp: Annotated[
        Path | None, typer.Option("--nlupp", help="Utterances with several intents and spans each: a folder of fold0.json, fold1.json and so on.")
    ] = None,
    fit: Annotated[
        Path | None, typer.Option("--fit", help="Labelled data to learn from, in the same layout; of the others nothing is. Without it: five folds.")
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option("--share", min=0, max=1, help="Which share of texts a cascade aims to send on. Repeats. Default: 0.38; of --banking77 six."),
    ] = None,
    worlds: Annotated[bool, typer.Option("--worlds", help="Judge worlds in which the truth is planted.")] = False,
    people: Annotated[list[int] | None, typer.Option("--people", min=2, help="People of a world. Repeats. Default: 100, 334, 2000.")] = None,
    error: Annotated[list[float] | None, typer.Option("--error", min=0, max=0.9, help="Share of mentions taken for others. Repeats. Default: 0, 0.2.")] = None,
    told: Annotated[bool, typer.Option("--told/--untold", help="Whether the judge is told that share.")] = True,
    draws: Annotated[int, typer.Option("--draws", min=2, help="So often each world is drawn.")] = 40,
    levels: Annotated[bool, typer.Option("--levels", help="Name the levels of planted sentences, also by --llm.")] = False,
    llm: Annotated[str, typer.Option("--llm", help="The language model of --levels: smollm2, openai:MODEL@URL, hf:FOLDER.")] = "smollm2",
    sentences: Annotated[int, typer.Option("--sentences", min=10, help="So many sentences of each world.")] = 60,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Label texts by what they are about, with and without language models, or judge planted worlds.

    One of: --cfpb, complaints and what language models said of them, recorded; --banking77, questions of one intent each; --nlupp, utterances
    with several intents and spans; --worlds; --levels, sentences of the fictional world. Nothing that is labelled is learnt from: by folds, or by --fit.

    Example: broadsheet bench needs --cfpb posts/cfpb_narratives_14llm.csv
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.home import bench_folder, data_path

    if sum((cfpb is not None, banking77 is not None, nlupp is not None, worlds, levels)) != 1:
        raise ConfigError(
            "Give --cfpb FILE, --banking77 FILE, --nlupp FOLDER, --worlds or --levels, one of them.",
            "Example: broadsheet bench needs --worlds --people 100 --draws 10",
        )
    asked = _Asked(data_path(fit) if fit else None, seeds, tuple(arm or ()), tuple(share or ()), budget, rows or bench_folder())
    with shown() as progress:
        if cfpb is not None:
            bench = asked.complaints(data_path(cfpb), progress)
        elif banking77 is not None:
            bench = asked.intents(data_path(banking77), progress)
        elif nlupp is not None:
            bench = asked.slots(data_path(nlupp), progress)
        elif levels:
            bench = asked.levels(llm, sentences, progress)
        else:
            bench = asked.worlds(draws, tuple(people or (100, 334, 2000)), tuple(error or (0.0, 0.2)), progress, told=told)
    printed(bench, as_json=as_json)


class _Asked(NamedTuple):
    """What is the same for every bench of labels and verdicts: what is learnt from, seeds, arms, shares to be sent on, a budget, and where rows are kept."""

    fit: Path | None
    seeds: int
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    budget: float | None
    rows: Path

    def complaints(self, path: Path, progress: "Progress") -> "Bench":
        """Label complaints with and without language models, whose answers were recorded."""
        from broadsheet.needs.bench.cascade import SHARE, ComplaintsPlan, bench_complaints

        plan = ComplaintsPlan(path, self.fit, self.seeds, self.arms, self.shares or (SHARE,), self.budget)
        return bench_complaints(plan, self.rows, command(), progress)

    def intents(self, path: Path, progress: "Progress") -> "Bench":
        """Label questions of one intent each."""
        from broadsheet.needs.bench.intents import SHARES, IntentsPlan, bench_intents
        from broadsheet.stack.needed import sentence_vectors

        plan = IntentsPlan(path, self.fit, self.seeds, self.arms, self.shares or SHARES, self.budget)
        return bench_intents(plan, *sentence_vectors(), self.rows, command(), progress)

    def slots(self, path: Path, progress: "Progress") -> "Bench":
        """Find the intents and spans of utterances."""
        from broadsheet.needs.bench.slots import SlotsPlan, bench_slots
        from broadsheet.stack.needed import sentence_vectors

        return bench_slots(SlotsPlan(path, self.fit, self.seeds, self.arms, self.budget), *sentence_vectors(), self.rows, command(), progress)

    def levels(self, llm: str, sentences: int, progress: "Progress") -> "Bench":
        """Name the levels of planted sentences by words, by likeness and by a language model."""
        from broadsheet.core.llm import open_llm
        from broadsheet.needs.bench.levels import LevelsPlan, bench_levels
        from broadsheet.needs.taxonomy import open_taxonomy
        from broadsheet.stack.needed import level_labeller

        taxonomy, below = open_taxonomy(), LevelsPlan._field_defaults["below"]
        plan = LevelsPlan(
            tuple(level.id for level in taxonomy.levels),
            lambda name, client: level_labeller(name, taxonomy, client, below),
            lambda: open_llm(llm, progress=progress),
            llm,
            sentences,
            self.seeds,
            below,
            self.arms,
            self.budget,
        )
        return bench_levels(plan, self.rows, command(), progress)

    def worlds(self, draws: int, people: tuple[int, ...], errors: tuple[float, ...], progress: "Progress", *, told: bool) -> "Bench":
        """Judge planted worlds."""
        from broadsheet.needs.bench.verdicts import VerdictPlan, bench_verdicts

        return bench_verdicts(VerdictPlan(draws, people, errors, told, self.arms, self.budget), self.rows, command(), progress)


def goals(
    *,
    readers: Annotated[int, typer.Option("--readers", min=50, help="Readers of a world.")] = 2000,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial; its levels are those of the world's posts.")] = "financial",
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Tell whether what readers of the fictional world write helps to order what they are shown next, and whether what others write does.

    Example: broadsheet bench needs-goals --readers 500 --seeds 1
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.needs.bench.goals import GoalsPlan, Written, bench_goals
    from broadsheet.needs.taxonomy import open_taxonomy
    from broadsheet.sample.world import world
    from broadsheet.stack.needed import level_labeller, written_in_world

    levels = open_taxonomy(taxonomy)
    with shown() as progress:

        def made(without: frozenset[str], seed: int) -> Written:
            return written_in_world(world(readers, 1500, 30, seed, without=without, progress=progress))

        worlds = {"goals planted": partial(made, frozenset()), "no goals planted": partial(made, frozenset({"finance"}))}
        labellers = {name: partial(level_labeller, name, levels) for name in ("minilm", "cues")}
        plan = GoalsPlan(worlds, levels, labellers, f"{readers} readers", seeds, tuple(arm or ()), budget)
        bench = bench_goals(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
