"""Why an item stands where it stands: a walk over a run's artefacts, from text and figure to the page."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from shlex import quote

import polars as pl

from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.errors import ArtifactError, RecordError, did_you_mean
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.record import Cause, RunRecord, StepRecord, read_run
from broadsheet.stack.slate import NAME as PLAN
from broadsheet.stack.slate import Placed, read_slate
from broadsheet.stack.steps import catalogue, rank, retrieve, score, vectors

KINDS = {
    catalogue.NAME: ArtifactKind.CATALOGUE,
    vectors.NAME: ArtifactKind.VECTORS,
    retrieve.NAME: ArtifactKind.CANDIDATES,
    rank.NAME: ArtifactKind.SCORES,
    score.NAME: ArtifactKind.SCORES,
    PLAN: ArtifactKind.SLATE,
}
PAGE = "page"
NEAREST = 2
ROUNDING = 1e-9


class Lineage:
    """A run's artefacts, opened as they are asked for; the same walk serves the command, the page and the site."""

    def __init__(self, folder: Path, record: RunRecord | None = None) -> None:
        self.folder, self.record = folder, record or read_run(folder)
        self._opened: dict[str, Artifact] = {}
        self._words = self.record.words

    def why(self, item: str, reader: str = "") -> tuple[Cause, ...]:
        """Return the way of an item to the page, a line a stage.

        Raises RecordError for an item that the run does not have and for another reader than its own, and ArtifactError where an artefact is missing or was changed.
        """
        self.check_reader(reader)
        if item not in self.holdings.items:
            raise RecordError(
                f"There is no item {item!r} in this run.{self._near(item)}", f"Ids stand in {self.folder / 'steps' / catalogue.NAME / 'items.jsonl'}."
            )
        lines = (self._text(item), self._vector(item), self._retrieved(item), self._ranked(item), self._scored(item), self._placed(item), self._shown(item))
        return tuple(line for line in lines if line is not None)

    def because(self, item: str) -> str:
        """Return in one sentence why an item is on the page, as its slate says; nothing where it says none."""
        placed = self._slate.get(item) if self._ready(PLAN) else None
        return placed.because if placed is not None else ""

    def check_reader(self, reader: str) -> None:
        """Raise RecordError where the page is for somebody else."""
        own = [self.record.reader, str(self.record.settings.get("reader") or "")]
        if reader and reader not in own:
            events = self.holdings.events
            known = own if events is None else sorted(set(events[Columns.USER]))
            again = f"broadsheet run --again --out {quote(str(self.folder))} --reader {quote(reader)} --replace"
            raise RecordError(
                f"This run's page is for {self.record.reader}, not for {reader!r}.{'' if reader in known else did_you_mean(reader, known)}",
                f"Leave --reader out, or write that page in its place: {again}",
            )

    def _near(self, name: str) -> str:
        """Return items whose id or title is like a name."""
        if hint := did_you_mean(name, self.holdings.items):
            return hint
        titles = {item.title.casefold(): item.id for item in self.holdings.items.values()}
        found = [titles[one] for one in get_close_matches(name.casefold(), titles, n=3, cutoff=0.5)]
        found = found or [own for title, own in titles.items() if name.casefold() in title][:3]
        return f" Did you mean {', '.join(found)}?" if found else ""

    @cached_property
    def holdings(self) -> Holdings:
        """The catalogue of the run."""
        return Holdings(self._artifact(catalogue.NAME))

    @cached_property
    def _seen(self) -> vectors.Seen:
        return vectors.Seen(self._artifact(vectors.NAME))

    @cached_property
    def _candidates(self) -> dict[str, dict[str, object]]:
        return self._rows(retrieve.NAME, "candidates")

    @cached_property
    def _ranks(self) -> dict[str, dict[str, object]]:
        return self._rows(rank.NAME, "scores")

    @cached_property
    def _parts(self) -> dict[str, dict[str, float]]:
        frame = self._artifact(score.NAME).frame("scores")
        return {row.pop(Columns.ITEM): row for row in frame.iter_rows(named=True)}

    @cached_property
    def _weights(self) -> dict[str, float]:
        if not self._ready(score.NAME):
            return {}
        frame = self._artifact(score.NAME).frame("weights")
        return dict(frame.select(score.STAGE, score.HERE).iter_rows())

    @cached_property
    def _slate(self) -> dict[str, Placed]:
        return read_slate(self._artifact(PLAN))

    def _rows(self, step: str, name: str) -> dict[str, dict[str, object]]:
        """Return a step's rows of the page's reader, by item."""
        frame = self._artifact(step).frame(name).filter(pl.col(Columns.USER) == self.holdings.asks[0].user)
        return {str(row[Columns.ITEM]): row for row in frame.iter_rows(named=True)}

    def _artifact(self, name: str) -> Artifact:
        step = self.record.step(name)
        if step is None or not step.ready:
            raise ArtifactError(f"The run has no artefact of {name}{f': {step.note}' if step else ''}.", "Run again: broadsheet run")
        if name not in self._opened:
            held = read_artifact(self.folder / step.artefact, KINDS[name])
            if held.content_hash != step.content_hash:
                raise ArtifactError(f"{self.folder / step.artefact} is another artefact than the run left.", "Run again: broadsheet run")
            self._opened[name] = held
        return self._opened[name]

    def _cause(self, name: str, text: str, figures: Mapping[str, float] | None = None, title: str = "") -> Cause:
        step = self.record.step(name)
        assert step is not None
        return Cause(
            stage=name,
            title=title or step.title,
            text=text,
            artefact=step.artefact,
            content_hash=step.content_hash,
            figures={key: round(float(value), 6) for key, value in (figures or {}).items()},
        )

    def _without(self, name: str) -> Cause | None:
        """Return why a stage says nothing, None where it does; a stage that the run does not know has no line."""
        step = self.record.step(name)
        if step is None or step.ready:
            return None
        return Cause(stage=name, title=step.title, text=_not_run(step))

    def _text(self, item: str) -> Cause:
        held = self.holdings.items[item]
        pictures = f"Its picture is {held.images[0]}." if held.images else "It has no picture."
        words = f"{len(held.text.split()):,} words of text" if held.text else "no text"
        return self._cause(catalogue.NAME, f"“{held.title}”, {words}. {pictures}", {"words": len(held.text.split())}, "Text and figure")

    def _vector(self, item: str) -> Cause | None:
        if (lacking := self._without(vectors.NAME)) is not None:
            return lacking
        # What was had twice is near once.
        history = [one for one in dict.fromkeys([*(one.id for one in self.holdings.library), *self.holdings.asks[0].history]) if one != item]
        space = next((name for name in (vectors.MEANING, vectors.WORDS) if name in (*self._seen.spaces, vectors.WORDS)), vectors.WORDS)
        near = self._seen.near(item, history, space)[:NEAREST]
        if not near:
            return self._cause(vectors.NAME, f"There is nothing in {self._words.before} to be near to.")
        told = "; ".join(f"“{self.holdings.items[other].title}” {cosine:.2f}" for other, cosine in near)
        pictured = self._seen.near(item, history, vectors.PICTURES)[:1] if vectors.PICTURES in self._seen.spaces and self.holdings.items[item].images else []
        shown = (
            f" Its picture is nearest to that of “{self.holdings.items[pictured[0][0]].title}” {pictured[0][1]:.2f}." if pictured and pictured[0][1] > 0 else ""
        )
        return self._cause(vectors.NAME, f"By {space}, nearest of {self._words.before} (cosine): {told}.{shown}", {"cosine": near[0][1]}, "Vector")

    def _retrieved(self, item: str) -> Cause | None:
        if (lacking := self._without(retrieve.NAME)) is not None or self.record.step(retrieve.NAME) is None:
            return lacking
        row = self._candidates.get(item)
        if row is None:
            return self._cause(retrieve.NAME, f"It is not among the {len(self._candidates)} that retrieval proposes.", title="Semantic ID")
        codes = "-".join(str(code) for code in row[retrieve.SEMANTIC])  # pyrefly: ignore
        place, value = int(str(row[Columns.RANK])), float(str(row[Columns.SCORE]))
        text = f"Semantic ID {codes}; place {place} of {len(self._candidates)}, log-probability {value:.2f}{self._weighed(retrieve.NAME)}."
        return self._cause(retrieve.NAME, text, {"place": place, "score": value, "weight": self._weights.get(retrieve.NAME, 0.0)}, "Semantic ID")

    def _ranked(self, item: str) -> Cause | None:
        if (lacking := self._without(rank.NAME)) is not None or self.record.step(rank.NAME) is None:
            return lacking
        row = self._ranks.get(item)
        if row is None:
            return self._cause(rank.NAME, f"It was no candidate, or the reader {self._words.had} it.", title="Sequence ranking")
        place, value = int(str(row[Columns.RANK])), float(str(row[Columns.SCORE]))
        text = f"Place {place} of {len(self._ranks)} after what the reader {self._words.had}, score {value:.2f}{self._weighed(rank.NAME)}."
        return self._cause(rank.NAME, text, {"place": place, "score": value, "weight": self._weights.get(rank.NAME, 0.0)}, "Sequence ranking")

    def _weighed(self, name: str) -> str:
        step = self.record.step(score.NAME)
        return f"; its weight here is {self._weights.get(name, 0.0):.3g}" if step is not None and step.ready else ""

    def _scored(self, item: str) -> Cause | None:
        placed = self._slate.get(item) if self._ready(PLAN) else None
        step = self.record.step(score.NAME)
        if placed is None:
            return None
        if step is None or not step.ready:
            return self._cause(
                PLAN, f"Log-odds {placed.score:.2f} against an average {self._words.one}, by the page's own ranker alone.", {"log-odds": placed.score}, "Score"
            )
        parts = {name.removeprefix("adds "): float(value) for name, value in self._parts.get(item, {}).items() if name.startswith("adds ")}
        own = placed.score - sum(parts.values())
        beside = {"the page's own ranker" if self.record.kind == "papers" else "the plan": own}
        told = ", ".join(f"{name} {value:+.2f}" for name, value in {**parts, **beside}.items() if name != "the plan" or abs(value) > ROUNDING)
        return self._cause(score.NAME, f"Log-odds {placed.score:.2f}: {told}.", {"log-odds": placed.score, **parts}, "One score")

    def _placed(self, item: str) -> Cause | None:
        if not self._ready(PLAN):
            return self._without(PLAN)
        placed = self._slate.get(item)
        if placed is None:
            return self._cause(PLAN, "It was no candidate for the slate.", title="Slate")
        return self._cause(
            PLAN, _place_of(placed), {"propensity": placed.propensity, **({"chance": placed.chance} if placed.chance is not None else {})}, "Slate"
        )

    def _shown(self, item: str) -> Cause | None:
        step = self.record.step(PAGE)
        if step is None or not step.ready:
            return None
        placed = self._slate.get(item) if self._ready(PLAN) else None
        where = f"{self.record.label}/index.html" + (f"#p{placed.slot}" if placed is not None and placed.slot else "")
        return self._cause(PAGE, f"It stands at {where}.", title="Page")

    def _ready(self, name: str) -> bool:
        step = self.record.step(name)
        return step is not None and step.ready


def _place_of(placed: Placed) -> str:
    chance = f" Its chance to be taken is {placed.chance:.2f}." if placed.chance is not None else ""
    interest = f" for the interest “{placed.interest}”" if placed.interest else ""
    if placed.slot is None:
        held = " A plan of categories held it back." if placed.held_back else ""
        return f"Not on the slate{f': {placed.kept_out}' if placed.kept_out else ''}; it had a chance of {placed.propensity:.2f} of a place.{chance}{held}"
    by = f"by chance, which gave it a place in {placed.propensity:.0%} of draws" if placed.explored else f"by its score{interest}"
    held = " though the plan of categories held it back" if placed.held_back else ""
    return f"Place {placed.slot}, {by}{held}; propensity {placed.propensity:.2f}.{chance}"


def _not_run(step: StepRecord) -> str:
    return {"off": f"Off. {step.note}", "failed": f"It failed: {step.note}"}.get(step.state, f"It did not run: {step.note}" if step.note else "It did not run.")
