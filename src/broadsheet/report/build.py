"""From a day's announcements and a reader to the one model object."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import NoPapersError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Item
from broadsheet.report.changes import find_changes
from broadsheet.report.daymap import place
from broadsheet.report.feedback.compared import rank_compared
from broadsheet.report.feedback.learning import Feedback, Lesson
from broadsheet.report.model import SECTION_OF, Comparison, Entry, InterestSummary, KeySentence, PlanSummary, Report
from broadsheet.report.planned import EarlierPage
from broadsheet.report.profile import Profile, Reader, read_reader
from broadsheet.report.ranking import MARKED_READ, Ranking, RankingConfig
from broadsheet.report.references import bibtex, find_links
from broadsheet.report.sentences import key_sentences
from broadsheet.report.why import word_weights
from broadsheet.sources.arxiv.ids import as_arxiv_id

_SECTION_ORDER = ("new", "cross", "updated", "withdrawn")


class Day(NamedTuple):
    """A label and what was announced under it, in order.

    `undated` are the ids that the source gave no date. By id: `again` is the label under which a paper was news before that its
    source calls new once more, `told` the newest page before on which the reader was shown it.
    """

    label: date
    announcements: tuple[Announcement, ...]
    undated: frozenset[str] = frozenset()
    again: Mapping[str, date] = MappingProxyType({})
    told: Mapping[str, date] = MappingProxyType({})


def choose_day(announcements: Sequence[Announcement], stated: date | None, wanted: date | None, today: date) -> Day:
    """Choose the day of the label wanted, else the newest.

    Items without a date of their own belong to the day asked for, to the label that the
    source states, or to today. Raises `NoPapersError` where nothing was announced.
    """
    dated = sorted({a.item.announced for a in announcements if a.item.announced})
    label = wanted or (dated[-1] if dated else None) or stated or today
    chosen = tuple(a if a.item.announced else _dated(a, label) for a in announcements if a.item.announced in (None, label))
    if not chosen:
        if not dated:
            raise NoPapersError(f"The source announces nothing for {label}: a quiet day, or a holiday.", "Try another date with --date, or another source.")
        near = min(dated, key=lambda d: abs((d - label).days))
        raise NoPapersError(f"The source has no papers for {label}; it has {dated[0]} to {dated[-1]}.", f"The nearest day it has: --date {near}")
    return Day(label, chosen, frozenset(a.item.id for a in announcements if a.item.announced is None))


def with_earlier(day: Day, earlier: dict[str, Item]) -> Day:
    """Add the earlier versions that are known from elsewhere."""
    known = tuple(a if a.earlier or a.item.id not in earlier else a.model_copy(update={"earlier": earlier[a.item.id]}) for a in day.announcements)
    return day._replace(announcements=known)


def build_report(
    day: Day,
    profile: Profile,
    *,
    source: str,
    config: RankingConfig,
    cache: Path | None = None,
    background: Sequence[Announcement] = (),
    earlier: Sequence[EarlierPage] = (),
    feedback: Feedback | None = None,
    fictional: bool = False,
    notes: Sequence[str] = (),
    beside: Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> Report:
    """Rank the day and assemble everything the page says.

    `cache` is the folder of vector artefacts, `background` what was announced before the day, `earlier` the reader's pages of
    days before, `feedback` what the reader did with them, `beside` what other stages add to papers' log-odds by id. Notes name every fallback.
    """
    known = {a.item.id: a.item for a in day.announcements}
    reader = read_reader(profile, known)
    ranking, comparison = rank_compared(
        day.announcements, reader, config, cache, progress, background=background, earlier=earlier, feedback=feedback, beside=beside
    )
    progress("drawing the map", 0, 1)
    places = place(ranking.vectors)
    progress("drawing the map", 1, 1)
    entries = _entries(day, ranking, places, fictional=fictional)
    plan = _plan(ranking, profile, len(earlier))
    return Report(
        label=day.label,
        reader=profile.name,
        source=source,
        subject="papers" if fictional or any(as_arxiv_id(i) for i in known) else "items",
        fictional=fictional,
        ranked_by=_ranked_by(ranking),
        models={**ranking.vectors.models, **({"weights": ranking.ranker} if ranking.ranker else {}), **({"plan": plan.planner} if plan else {})},
        notes=(
            *notes,
            *_notes(ranking, reader, len(entries), earlier=len(background)),
            *_plan_notes(plan),
            *_feedback_notes(ranking.lesson, entries),
            *_compare_notes(comparison),
        ),
        counts={name: sum(1 for e in entries if e.section == name) for name in _SECTION_ORDER},
        interests=_summaries(ranking),
        plan=plan,
        compare=comparison,
        entries=entries,
        config=_config(config, profile, ranking.lesson),
    )


def _entries(day: Day, ranking: Ranking, places: np.ndarray, *, fictional: bool) -> tuple[Entry, ...]:
    strengths = _strengths(ranking.utilities)
    slots = {row: slot for slot, row in enumerate(ranking.slate.rows, 1)}
    found: list[tuple[tuple[object, ...], Entry]] = []
    for row, announcement in enumerate(day.announcements):
        item, score = announcement.item, float(ranking.scores[row])
        copy_of = ranking.slate.copies.get(row)
        shown = row in slots or announcement.kind not in ("new", "cross")
        entry = Entry(
            item=item,
            kind=announcement.kind,
            section=SECTION_OF[announcement.kind],
            lists=announcement.lists,
            score=round(score, 6),
            strength=round(float(strengths[row]), 4),
            chance=round(float(ranking.chances[row]), 4) if np.isfinite(ranking.chances[row]) else None,
            slot=slots.get(row),
            propensity=round(float(ranking.propensity[row]), 6),
            explored=row in ranking.slate.explored,
            interest=ranking.leading[row],
            reasons=tuple(ranking.reasons[row]),
            key_sentences=_key_sentences(row, item, ranking) if shown else (),
            changes=find_changes(item, announcement.earlier),
            earlier_known=announcement.earlier is not None,
            news_before=day.again.get(item.id),
            told_before=day.told.get(item.id),
            left_out=ranking.left_out[row],
            held_back=ranking.weights_of_plan is not None and ranking.weights_of_plan[row] < 1,
            copy_of=day.announcements[copy_of].item.id if copy_of is not None else "",
            links=find_links(item),
            bibtex=bibtex(item, fictional=fictional),
            x=float(places[row][0]),
            y=float(places[row][1]),
        )
        order = (_SECTION_ORDER.index(entry.section), entry.slot or 10**9, bool(entry.left_out), -score, row)
        found.append((order, entry))
    return tuple(entry for _, entry in sorted(found, key=lambda pair: pair[0]))


def _strengths(utilities: np.ndarray) -> np.ndarray:
    """Place each paper between the day's lowest and highest utility: a score's logarithm."""
    width = float(np.ptp(utilities)) if len(utilities) else 0.0
    return (utilities - utilities.min()) / width if width else np.zeros(len(utilities))


def _key_sentences(row: int, item: Item, ranking: Ranking) -> tuple[KeySentence, ...]:
    spans = key_sentences(item.text, word_weights(row, ranking.weights, ranking.vectors))
    return tuple(KeySentence(start=s.start, end=s.end, text=item.text[s.start : s.end]) for s in spans)


def _summaries(ranking: Ranking) -> tuple[InterestSummary, ...]:
    return tuple(
        InterestSummary(
            name=interest.name,
            stated=interest.stated,
            library=tuple(ranking.library[row].title for row in interest.rows) if not interest.stated else (),
            candidates=ranking.candidates[number],
            picks=sum(1 for row in ranking.slate.rows if ranking.leading[row] == number),
        )
        for number, interest in enumerate(ranking.interests)
    )


def _ranked_by(ranking: Ranking) -> str:
    if not ranking.library:
        if ranking.lesson is not None and ranking.lesson.effect.any():
            return "your feedback and rules" if ranking.utilities.any() and any(ranking.utilities != ranking.lesson.effect) else "your feedback"
        return "the order announced" if not ranking.scores.any() else "your rules"
    return "words and meaning" if ranking.vectors.dense is not None else "words"


def _notes(ranking: Ranking, reader: Reader, count: int, earlier: int) -> list[str]:
    notes = [ranking.vectors.note] if ranking.vectors.note else []
    if ranking.library and not earlier:
        notes.append("Nothing earlier is known here, so what is usual is judged by this list alone. Each day that is read is kept for the next.")
    if not ranking.library and not (ranking.lesson and ranking.lesson.effect.any()):
        notes.append("The profile has no library and states no interest, so papers stand in the order announced. Make one: broadsheet profile new --help")
    if reader.unknown_seeds:
        notes.append(f"Seed papers that neither the library nor the source knows: {', '.join(reader.unknown_seeds)}")
    notes += [
        f"No place was left for the interest “{ranking.interests[number].name}”: raise the budget, or lower the diversity floor."
        for number in ranking.slate.uncovered
    ]
    if ranking.slate.copies:
        notes.append(f"Passed over as too near to a pick: {len(ranking.slate.copies)} of {count} papers; each is listed below.")
    return notes


def _plan(ranking: Ranking, profile: Profile, days: int) -> PlanSummary | None:
    plan = ranking.plan
    if plan is None:
        return None
    return PlanSummary(
        planner=plan.planner,
        source=plan.source,
        days=days,
        categories=plan.groups,
        rested=plan.rested,
        candidates=len(plan.allowed),
        held_back=int((~plan.allowed).sum()),
        outside=profile.plan.outside,
    )


def _plan_notes(plan: PlanSummary | None) -> list[str]:
    """Say that a plan chose, by what, and what it held back."""
    if plan is None:
        return []
    if not plan.days:
        return [
            f"A plan chooses categories ({plan.planner}); no earlier page of this reader is known here, so it goes by liking alone: {plan.held_back} of {plan.candidates} candidates are outside it."
        ]
    held = f"{plan.held_back} of {plan.candidates} candidates are outside it and lose {plan.outside:g} log-odds"
    rested = f"; it leaves out {', '.join(plan.rested)}" if plan.rested else ""
    notes = [f"A plan chose categories ({plan.planner}), after {plan.days} earlier page{'s' if plan.days != 1 else ''}: {held}{rested}."]
    return [*notes, "The plan could not fill the page and was widened."] if plan.source == "fallback" else notes


def _feedback_notes(lesson: Lesson | None, entries: Sequence[Entry]) -> list[str]:
    """Say that what the reader did took part, how much of it, and what of it could not."""
    if lesson is None:
        return []
    notes: list[str] = []
    if count := sum(lesson.used.values()):
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(lesson.used.items()))
        notes.append(f"Learnt from your feedback: {count} event{'s' if count != 1 else ''} ({kinds}). To see or undo them: broadsheet report feedback list")
    if hidden := sum(1 for entry in entries if entry.left_out == MARKED_READ):
        notes.append(f"Left out because you marked them as read: {hidden}.")
    if lesson.unknown:
        notes.append(f"Not learnt from, as the papers they are about are not kept here: {lesson.unknown} events.")
    return notes


def _compare_notes(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return []
    if comparison.form == "split":
        return [f"This page is part of a comparison of two rankings ({comparison.name}): it is made by ranking {comparison.arm}."]
    return [
        f"Two rankings are compared on this page ({comparison.name}): they picked papers in turn. What your clicks say: broadsheet report compare interleave"
    ]


def _config(config: RankingConfig, profile: Profile, lesson: Lesson | None) -> dict[str, object]:
    """Return the settings of the page; those of learning where something was learnt, with the number of events by kind."""
    ranking = config.model_dump(mode="json", exclude=None if lesson else {"learning"})
    counted = {"feedback": {"events": sum(lesson.used.values()), "kinds": dict(sorted(lesson.used.items())), "unknown": lesson.unknown}} if lesson else {}
    return {"ranking": ranking, "profile": _public(profile), **counted}


def _public(profile: Profile) -> dict[str, object]:
    # A page may be published: whom it is mailed to, and how, is no part of it.
    data = profile.model_dump(mode="json", exclude={"delivery"} if profile.compare.wanted else {"delivery", "compare"})
    return {**data, "library": [Path(name).name for name in profile.library]}


def _dated(announcement: Announcement, label: date) -> Announcement:
    return announcement.model_copy(update={"item": announcement.item.model_copy(update={"announced": label})})
