"""A reader's day out of the store: fetched from arXiv where it is not there yet."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from broadsheet.core.clock import Clock, stated_clock
from broadsheet.core.errors import NoPapersError, SourceNotFoundError
from broadsheet.core.home import home
from broadsheet.core.schema import Announcement
from broadsheet.core.store import open_store
from broadsheet.sources.arxiv.addresses import ClientLimits
from broadsheet.sources.arxiv.calendar import Calendar
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.days import Days, Patience

_ARXIV = "arxiv:"


def calendar() -> Calendar:
    """Return the calendar of an installation: `mailings.toml` under BROADSHEET_HOME, where there is one, is laid over the package's."""
    own = home() / "mailings.toml"
    return Calendar(own if own.is_file() else None)


@contextmanager
def open_days(
    store: str = "",
    clock: Clock | None = None,
    patience: Patience | None = None,
    say: Callable[[str], None] = lambda _: None,
    limits: ClientLimits | None = None,
) -> Iterator[Days]:
    """Open the days of an installation, by its calendar and, unless one is given, its clock."""
    clock = clock or stated_clock()
    with open_store(store) as kept:
        yield Days(kept, ArxivClient(home(), clock=clock, limits=limits), calendar(), clock, patience=patience, say=say)


def lists_of(stated: Sequence[str], profile: str = "") -> tuple[str, ...]:
    """Return the lists that are asked for: those stated (`cs.IR`, or `arxiv:cs.IR+cs.CL`), else the profile's categories.

    Raises SourceNotFoundError where none are named, ProfileError for a profile that is not there.

    >>> lists_of(["arxiv:cs.IR+cs.CL", "cs.AI"])
    ('cs.IR', 'cs.CL', 'cs.AI')
    """
    names = tuple(dict.fromkeys(name for one in stated for name in one.removeprefix(_ARXIV).split("+") if name))
    if not names and profile:
        names = _categories(profile)
    if not names:
        raise SourceNotFoundError(
            "It is not said which of arXiv's lists are wanted.", "Write for example: --category cs.IR, or name categories in the profile."
        )
    return names


def live_day(days: Days, names: Sequence[str], wanted: date | None = None) -> tuple[date, tuple[Announcement, ...], list[str]]:
    """Return a label, all that was announced under it, and remarks; what is not in the store is fetched.

    Raises what `Days.fetch` raises, and NoPapersError for a label without a mailing or a paper.
    """
    outcome = days.fetch(names, wanted)
    if not outcome.announcements:
        why = outcome.lists[0].note or "a quiet day"
        raise NoPapersError(f"Nothing was announced on {outcome.label} for {', '.join(names)}: {why}.", "Try another date with --date.")
    return outcome.label, outcome.announcements, [f"Of {outcome.label} are kept: {outcome.kept()}.", *outcome.notes]


def _categories(profile: str) -> tuple[str, ...]:
    # Reading a profile loads what ranks; nobody who names lists has to wait for that.
    from broadsheet.report.profile import found_profile

    with found_profile(profile) as found:
        return found.categories
