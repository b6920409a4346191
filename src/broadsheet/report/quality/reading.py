"""What a reader did, against what the pages said: the calibration of chances, and papers taken up that no page had picked."""

from collections.abc import Mapping, Sequence
from datetime import date

from broadsheet.core.metrics import brier, calibration_error, reliability, wilson
from broadsheet.core.schema import Event, Item
from broadsheet.report.feedback.record import WANTED, acts, at_label, standing
from broadsheet.report.model import Entry, Report
from broadsheet.report.quality.model import Bin, Calibration, Miss

# Below these a curve would show chance alone.
LEAST_SHOWN, LEAST_TAKEN = 40, 10
PER_BIN, MOST_BINS = 20, 10


def calibration(reports: Sequence[Report], events: Sequence[Event]) -> Calibration:
    """Hold the chance of each pick against whether the reader took the paper up, on the days on which the reader did anything at all.

    The chance on a page is that of a day which has something for the reader, so days that were not read say nothing about it.
    """
    held = acts(standing(events))
    done = {(event.item, event.at) for event in held}
    wanted = {(event.item, event.at) for event in held if event.kind in WANTED}
    pairs: list[tuple[float, int]] = []
    days = 0
    for report in reports:
        begin = at_label(report.label)
        on_page = {entry.item.id for entry in report.entries}
        if not any(item in on_page and at >= begin for item, at in done):
            continue
        days += 1
        taken = {item for item, at in wanted if at >= begin}
        pairs += [(entry.chance, int(entry.item.id in taken)) for entry in report.picks() if entry.chance is not None]
    return _judged(days, pairs)


def _judged(days: int, pairs: Sequence[tuple[float, int]]) -> Calibration:
    chances, outcomes = [chance for chance, _ in pairs], [outcome for _, outcome in pairs]
    counted = Calibration(days=days, shown=len(pairs), taken=sum(outcomes))
    if not pairs:
        return counted.model_copy(update={"why_not": "No feedback of the reader is known for these pages, so nothing can be held against the chances."})
    if len(pairs) < LEAST_SHOWN or counted.taken < LEAST_TAKEN:
        said = f"{counted.taken} of {len(pairs)} picks were taken up so far; a curve needs {LEAST_TAKEN} of at least {LEAST_SHOWN}, else it shows chance."
        return counted.model_copy(update={"why_not": said})
    bins = max(2, min(MOST_BINS, len(pairs) // PER_BIN))
    curve = reliability(chances, outcomes, bins)
    rate = wilson(counted.taken, len(pairs))
    drawn = []
    for count, predicted, observed in zip(curve.count.tolist(), curve.predicted.tolist(), curve.observed.tolist(), strict=True):
        share = wilson(min(observed * count, count), count)
        drawn.append(Bin(count=count, predicted=round(predicted, 4), observed=round(observed, 4), low=round(share.low, 4), high=round(share.high, 4)))
    return counted.model_copy(
        update={
            "bins": tuple(drawn),
            "error": round(calibration_error(chances, outcomes, bins), 4),
            "brier": round(brier(chances, outcomes), 4),
            "predicted": round(sum(chances) / len(chances), 4),
            "rate": round(rate.mean, 4),
            "low": round(rate.low, 4),
            "high": round(rate.high, 4),
        }
    )


def misses(pages: Mapping[str, Sequence[tuple[date, Entry]]], events: Sequence[Event], items: Mapping[str, Item], since: date) -> list[Miss]:
    """Return the papers that the reader took up since a label and that no page had picked, oldest act first; `items` names those on no page."""
    found: dict[str, Miss] = {}
    for event in acts(standing(events)):
        places = pages.get(event.item, ())
        picked = any(entry.slot is not None for _, entry in places)
        if event.kind not in WANTED or event.item in found or picked or event.at.date() < since:
            continue
        label, entry = places[-1] if places else (None, None)
        title = entry.item.title if entry else items[event.item].title if event.item in items else event.item
        found[event.item] = Miss(item=event.item, title=title, label=label, kind=event.kind, why=_why(entry))
    return list(found.values())


def _why(entry: Entry | None) -> str:
    if entry is None:
        return "on no page of this archive"
    if entry.left_out:
        return f"left out: {entry.left_out}"
    if entry.copy_of:
        return f"passed over: reads almost like {entry.copy_of}"
    if entry.section not in ("new", "cross"):
        return f"it stood under “{entry.section}”, from which nothing is picked"
    return "scored below the picks"
