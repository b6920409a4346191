"""The page of a run: the steps that the page alone can do, and what a run leaves of it."""

import shutil
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet import sample
from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.errors import BroadsheetError, ConfigError
from broadsheet.core.files import staged_folder, write_file
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns, Item
from broadsheet.core.store import open_store
from broadsheet.report.archive import day_files, names_of, write_index
from broadsheet.report.feedback.record import WANTED, acts, standing
from broadsheet.report.interests import stated_items
from broadsheet.report.measured import because, stages_said
from broadsheet.report.model import Entry, Report
from broadsheet.report.of_events import report_of
from broadsheet.report.profile import read_reader
from broadsheet.report.render.run_picture import run_picture
from broadsheet.report.run import SAMPLE, Prepared, Request, prepared, ranked, settled
from broadsheet.stack.composing import steps_of
from broadsheet.stack.recipe import OFF, SHIPPED, Recipe
from broadsheet.stack.record import RunRecord, called, check_whose, read_run, write_run
from broadsheet.stack.running import Ran, Watch, run_steps
from broadsheet.stack.shop import Told, read_shop
from broadsheet.stack.slate import NAME as PLAN
from broadsheet.stack.slate import SLATE, Placed, slate_frame
from broadsheet.stack.steps import catalogue, graph, needs, rank, retrieve, score, vectors
from broadsheet.stack.steps.catalogue import Day
from broadsheet.stack.steps.plan import plan_step
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.why import PAGE, Lineage
from broadsheet.stack.words import words_of

PICTURE, REPORT = "run.svg", "report.json"
LIVE = "arxiv:"


class Asked(NamedTuple):
    """What a run is asked beside its recipe: for whom, of which day (None: the newest), and which databases it keeps things in, and learns from alone.

    With `replace` a page of somebody else's may be replaced; `since` is when it was asked, in seconds of the monotonic clock (nought: now).
    """

    profile: str = ""
    wanted: date | None = None
    store: str = ""
    feedback: str = ""
    replace: bool = False
    since: float = 0.0


class Composed(NamedTuple):
    """A run that ended: what it tells of itself, its page (None where it came to none), and the first error."""

    run: RunRecord
    report: Report | None
    page: Path | None
    error: BroadsheetError | None


def compose(recipe: Recipe, out: Path, asked: Asked = Asked(), *, watch: Watch = lambda _: None, progress: Progress = silent) -> Composed:  # noqa: B008
    """Run a recipe into `out`: every step's artefact, `run.json`, `run.svg`, and the page under its label.

    Raises what can be refused before the long work; a step that fails is in the record, and its error is returned.
    """
    asked = asked._replace(since=asked.since or time.monotonic())
    if recipe.of_events:
        return _compose_events(recipe, out, asked, watch, progress)
    with prepared(_request(recipe, asked), out) as read:
        check_whose(out, read.profile.name, replace=asked.replace)
        ready = read._replace(notes=[*read.notes, *filter(None, [stages_said(recipe)])])
        steps = [*steps_of(recipe, _day(ready), because(recipe)), _plan_step(ready, recipe), page_step(recipe)]
        record = RunRecord(
            recipe=recipe.name,
            kind=recipe.kind,
            reader=ready.profile.name,
            label=ready.day.label,
            settings={**recipe.model_dump(mode="json"), "reader": asked.profile or recipe.reader},
        )
        ran = run_steps(steps, out, record, watch=watch, progress=progress)
        report = published(ran, out)
        if report is not None:
            # The same page twice is one: a run that was killed before this line keeps what was shown all the same.
            settled(ready, report)
    return finished(ran, report, out, asked.since)


def _compose_events(recipe: Recipe, out: Path, asked: Asked, watch: Watch, progress: Progress) -> Composed:
    """Run a recipe of a catalogue whose readers are known by what they had."""
    # Read here too, so that what is wrong with the tables, or with the reader's name, is told before anything of an earlier run is touched.
    reader = read_shop(recipe, asked.profile or recipe.reader).reader
    check_whose(out, reader, replace=asked.replace)
    told = told_by(asked.feedback, reader) if asked.feedback else Told()
    steps = [
        *steps_of(recipe, reader, told=told),
        plan_step(recipe.stages.plan, recipe.places, told, words_of(recipe.kind, recipe.words)),
        page_step(recipe, told),
    ]
    settings = {**recipe.model_dump(mode="json"), "reader": reader}
    ran = run_steps(
        steps, out, RunRecord(recipe=recipe.name, kind=recipe.kind, reader=reader, label=asked.wanted, settings=settings), watch=watch, progress=progress
    )
    report = published(ran, out)
    if report is not None:
        ran = ran._replace(record=ran.record.model_copy(update={"reader": report.reader, "label": report.label}))
    return finished(ran, report, out, asked.since)


def told_by(address: str, reader: str) -> Told:
    """Return what the newest act on each item says, as far as it holds: one that speaks for it counts as had, and any other one hides it."""
    with open_store(address) as store:
        newest = {event.item: event for event in acts(standing(store.events(reader)))}
    had = sorted((event.at.timestamp(), item) for item, event in newest.items() if event.kind in WANTED)
    return Told(tuple((item, at) for at, item in had), tuple(item for item, event in newest.items() if event.kind not in WANTED))


def finished(ran: Ran, report: Report | None, out: Path, since: float) -> Composed:
    """Draw the run, keep how long it took, and return what it came to."""
    ran = ran._replace(record=ran.record.model_copy(update={"took": round(time.monotonic() - since, 1)}))
    write_run(out, ran.record)
    write_file(out / PICTURE, str(run_picture(ran.record, alone=True)))
    return Composed(ran.record, report, out / str(report.label) / "index.html" if report is not None else None, ran.error)


def published(ran: Ran, out: Path) -> Report | None:
    """Put the page's files under their label, where they are not there as they are in the artefact; None where the run came to no page."""
    if PAGE not in ran.artifacts:
        return None
    held = ran.artifacts[PAGE].path
    report = Report.model_validate_json((held / REPORT).read_bytes())
    day = out / str(report.label)
    if not all((day / name).is_file() and (day / name).read_bytes() == (held / name).read_bytes() for name in names_of(report)):
        with staged_folder(day, "index.html") as stage:
            for name in names_of(report):
                shutil.copyfile(held / name, stage / name)
        write_index(out)
    return report


def page_step(recipe: Recipe, told: Told = Told()) -> Step:  # noqa: B008
    """Return the step that writes the page from the slate, with the picture of the run and for each item its way there; `told` is what earlier pages were told."""
    had = [item for item, _ in told.had]

    def work(given: Work) -> Done:
        folder = given.folder.parent.parent
        run = read_run(folder)
        report = report_of(given, run, had) if recipe.of_events else Report.model_validate_json((given.parents[PLAN].path / REPORT).read_bytes())
        run = run.model_copy(update={"reader": report.reader, "label": report.label, "folder": called(folder)})
        own = run.step(PAGE)
        assert own is not None
        # Whoever looks at the page sees it done; how long it took is in the run's own picture.
        run = run.with_step(own.model_copy(update={"state": "done", "figures": {"picks": len(report.picks())}}))
        lineage = Lineage(folder, run)
        entries = tuple(_with_lineage(entry, lineage) for entry in report.entries)
        whole = report.model_copy(update={"run": run, "entries": entries})

        def fill(stage: Path) -> None:
            for name, text in day_files(whole).items():
                (stage / name).write_text(text, encoding="utf-8")

        parents = {name: artifact.content_hash for name, artifact in given.parents.items()}
        made = write_artifact(given.folder, Manifest(kind=ArtifactKind.PAGE, parents=parents, models=report.models), fill=fill)
        return Done(made, {"picks": len(report.picks()), whole.words.many: len(report.entries)})

    beside = (vectors.NAME, retrieve.NAME, rank.NAME, score.NAME, needs.NAME, graph.NAME)
    return Step(PAGE, "Page", ArtifactKind.PAGE, work, (catalogue.NAME, PLAN), beside, settings={"recipe": recipe.model_dump(mode="json")})


def write_slate(given: Work, report: Report, parts: Mapping[str, float]) -> Artifact:
    """Write a report as the artefact of a slate: the report itself, and a line for each item."""
    names = [interest.name for interest in report.interests]
    rows = slate_frame(_placed(entry, names, parts) for entry in report.entries)

    def fill(stage: Path) -> None:
        (stage / REPORT).write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")

    parents = {name: artifact.content_hash for name, artifact in given.parents.items()}
    return write_artifact(given.folder, Manifest(kind=ArtifactKind.SLATE, parents=parents, models=report.models), frames={SLATE: rows}, fill=fill)


def _plan_step(ready: Prepared, recipe: Recipe) -> Step:
    def work(given: Work) -> Done:
        parts = _parts(given)
        report = ranked(ready, given.progress, parts)
        plan = report.plan
        held = plan.held_back if plan is not None else 0
        note = "" if plan is not None else f"No plan of categories took part. {because(recipe).get(PLAN, '')}".strip()
        if plan is not None:
            changed = f"{held} of {plan.candidates} candidates are held back" if held else "no candidate is held back, so it changed nothing"
            note = f"{plan.planner}, after {plan.days} earlier pages: {changed}."
        return Done(write_slate(given, report, parts), {"picks": len(report.picks()), "ranked": len(report.entries), "held back": held}, note)

    before = text_hash("\n".join([*(one.model_dump_json() for one in ready.background), repr(ready.earlier), repr(ready.feedback)]))
    settings = {
        "profile": ready.profile.model_dump(mode="json", exclude={"delivery"}),
        "ranking": ready.config.ranking.model_dump(mode="json"),
        "before": before,
        "notes": list(ready.notes),
        "again": [f"{item} {label}" for item, label in sorted((*ready.day.again.items(), *ready.day.told.items()))],
        "plan": recipe.stages.plan,
    }
    files = tuple(Path(one) for one in (ready.config.ranking.ranker, ready.profile.plan.bundle) if one)
    return Step(PLAN, "Plan and slate", ArtifactKind.SLATE, work, (catalogue.NAME, vectors.NAME), (score.NAME,), settings=settings, files=files)


def _parts(given: Work) -> dict[str, float]:
    """Return what retrieval and ranking add to each paper's log-odds; nothing where their weights are nought."""
    if score.NAME not in given.parents:
        return {}
    rows = given.parents[score.NAME].frame("scores").select(Columns.ITEM, Columns.SCORE).iter_rows()
    return {item: value for item, value in rows if value and np.isfinite(value)}


def _placed(entry: Entry, names: list[str], parts: Mapping[str, float]) -> Placed:
    """Return a line of the slate; a score of nought has no logarithm, and is what the stages add alone."""
    kept_out = f"left out: {entry.left_out}" if entry.left_out else f"reads almost like {entry.copy_of}" if entry.copy_of else ""
    if not kept_out and entry.section not in {"new", "cross"}:
        kept_out = "it is no news of today"
    return Placed(
        entry.item.id,
        float(np.log(entry.score)) if entry.score > 0 else parts.get(entry.item.id, 0.0),
        entry.chance,
        entry.slot,
        entry.propensity,
        names[entry.interest] if entry.interest is not None and entry.interest < len(names) else "",
        entry.held_back,
        entry.explored,
        kept_out,
    )


def _with_lineage(entry: Entry, lineage: Lineage) -> Entry:
    return entry.model_copy(update={"lineage": lineage.why(entry.item.id)})


def _request(recipe: Recipe, asked: Asked) -> Request:
    """Return what the page asks for; a plan that the recipe names is laid over the profile."""
    profile = asked.profile or recipe.reader
    if recipe.source == (SAMPLE,) and not profile:
        profile = sample.READERS[0]
    live = not recipe.source or all(one.startswith(LIVE) for one in recipe.source)
    if live and not recipe.source and not profile:
        raise ConfigError(
            "The recipe names no source of papers, and no profile whose lists could be fetched.", "Give one: --profile me.toml, or --set source=arxiv:cs.IR"
        )
    settings = [f"profile.{name}={_toml(value)}" for name, value in recipe.profile.items()] + [
        f"ranking.{name}={_toml(value)}" for name, value in recipe.ranking.items()
    ]
    return Request(recipe.source, profile, asked.wanted, recipe.columns, (*settings, *_planned(recipe), *_places(recipe)), asked.store, live, asked.feedback)


def _places(recipe: Recipe) -> list[str]:
    return [] if recipe.slate is None else [f"profile.budget={recipe.slate}"]


def _planned(recipe: Recipe) -> list[str]:
    said = recipe.stages.plan
    if said == OFF:
        return []
    return [f"profile.plan.{'bundle' if said == SHIPPED or Path(said).is_dir() else 'planner'}={_toml(said)}"]


def _toml(value: object) -> str:
    import tomli_w

    return tomli_w.dumps({"value": value}).strip().removeprefix("value = ")


def _day(ready: Prepared) -> Day:
    known: dict[str, Item] = {a.item.id: a.item for a in ready.day.announcements}
    reader = read_reader(ready.profile, known)
    oldest = sorted(reader.library, key=lambda item: item.published or item.announced or date.min)
    return Day(ready.profile.name, ready.day.announcements, oldest, stated_items(ready.profile.interests), ready.source)
