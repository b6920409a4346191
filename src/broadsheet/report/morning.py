"""A morning from arXiv to the reader: the label is fetched or filled in, its page is written, and what is not delivered leaves."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from broadsheet.core.clock import Clock
from broadsheet.core.store import Store
from broadsheet.report.deliver import Place, Wanted, send_archive
from broadsheet.report.live import open_days
from broadsheet.report.profile import Profile
from broadsheet.report.run import Request, run
from broadsheet.report.watch import Morning
from broadsheet.sources.arxiv.days import Days, Patience

FETCHED, WRITTEN, SENT = "fetched", "written", "sent"


def live_morning(
    request: Request, names: Sequence[str], profile: Profile, out: Path, store: Store, clock: Clock, note: Callable[[str], None] = lambda _: None
) -> Morning:
    """Return the morning of a reader of arXiv's lists; `note` hears the remarks of its steps.

    Each step may be done again: a day that is whole is not asked for, a page is replaced as a whole, what was delivered does not leave twice.
    """
    written: set[date] = set()

    def morning(label: date) -> Iterator[str]:
        # The watch itself waits between tries; a step that waited could not be stopped.
        with open_days(request.store, clock, Patience(deadline=0.0), note) as days:
            _fetch(days, names, label)
        yield FETCHED
        # A page that waits only for its mail stays as it is.
        if label not in written:
            made = run(request._replace(live=True, sources=tuple(names), wanted=label), out)
            written.add(label)
            for remark in made.report.notes:
                note(remark)
            yield WRITTEN
        sent = send_archive(Place(out, profile.delivery), Wanted(profile.name), store, clock)
        for remark in sent.notes:
            note(remark)
        # What is left of other labels is theirs: an outcome that nobody can know would else hide a refusal of today.
        fault = sent.model_copy(update={"left": tuple(row for row in sent.left if row.label == label)}).fault()
        if fault is not None:
            raise fault
        yield SENT

    return morning


def _fetch(days: Days, names: Sequence[str], label: date) -> None:
    """Have a label whole in the store: from its feed while that carries it, else from the archive. Raises what keeps it from that."""
    for outcome in days.backfill(names, label):
        if outcome.label == label:
            outcome.check()
