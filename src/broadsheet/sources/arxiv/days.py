"""Days that are complete: what has been announced is asked for, counted, kept and, where a label was missed, filled in."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from typing import NamedTuple

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import BroadsheetError, NetworkError, RefusedError, SourceNotFoundError
from broadsheet.core.schema import Announce, Announcement, ListDay
from broadsheet.core.store import Store
from broadsheet.sources.arxiv.backfilling import Filled, Gaps, fill, labels_of
from broadsheet.sources.arxiv.calendar import DAY, EASTERN, Calendar
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.judging import Judged, Known, complete, judge, known_by, new_ids, on_list, order
from broadsheet.sources.arxiv.listing import Listing
from broadsheet.sources.arxiv.oai import Harvested
from broadsheet.sources.arxiv.outcome import DayOutcome, DayState
from broadsheet.sources.merge import merge
from broadsheet.sources.withdrawal import is_withdrawn

# How far around missed labels announcements that are known are looked at: papers held by moderators may come so much later.
MARGIN = 30 * DAY
_INFERRED = "labels inferred from the times of submission and the order of numbers"
_BARE = "OAI-PMH has no record at all of this list since two days before: it is behind, or the list is very quiet"
# A list with so many papers a day has hardly ever a day without one.
_BUSY = 8
# What a list's source ends in, once the comments of its replaced papers were asked for.
_COMMENTS = ", comments"


class Patience(NamedTuple):
    """How long a list that is not whole is asked for again, in seconds; the first wait between two requests, doubled up to the longest."""

    deadline: float = 900.0
    first: float = 60.0
    longest: float = 900.0


class Days:
    """The state of each list on each label, in a store; whoever asks for a day that is whole causes no request.

    `say` hears in plain sentences what is waited for.
    """

    def __init__(
        self,
        store: Store,
        client: ArxivClient,
        calendar: Calendar | None = None,
        clock: Clock | None = None,
        *,
        patience: Patience | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.store = store
        self.client = client
        self.calendar = calendar or Calendar()
        self.clock = clock or WallClock()
        self.patience = patience or Patience()
        self.say = say

    def check(self, label: date, categories: Sequence[str]) -> tuple[ListDay, ...]:
        """Return where each list stands on a label, by the calendar and the store alone."""
        verdict = self.calendar.verdict(label)
        known = {one.name: one for one in self.store.list_days(categories, label, label)}
        state, note = DayState.INCOMPLETE, "announced, and not fetched yet"
        if not verdict.is_label:
            state, note = DayState.SKIPPED, f"no mailing: {verdict.why} [{verdict.source}]"
        elif self.calendar.announced(label) > self.clock.now():
            state, note = DayState.WAITING, f"it is announced {_when(self.calendar.announced(label), self.clock.now())}"
        return tuple(known.get(name) or ListDay(label=label, name=name, state=state, note=note) for name in dict.fromkeys(categories))

    def status(self, categories: Sequence[str], since: date | None = None) -> list[DayOutcome]:
        """Return where all labels stand from one on, or from the oldest that is known, up to the next to come; nothing is asked for."""
        newest = self.calendar.label_at(self.clock.now())
        since = since or self._oldest(categories) or newest
        days = [since + DAY * number for number in range((self.calendar.after(newest) - since).days + 1)]
        # A weekend is no news; a weekday without a mailing is.
        return [DayOutcome(day, self.check(day, categories)) for day in days if self.calendar.verdict(day).is_label or day.weekday() < 5]

    def fetch(self, categories: Sequence[str], label: date | None = None, *, fill_in: bool = False) -> DayOutcome:
        """Ask as `ask` does. Raises what `DayOutcome.check` raises where the day is not done by then; what came is kept."""
        return self.ask(categories, label, fill_in=fill_in).check()

    def ask(self, categories: Sequence[str], label: date | None = None, *, fill_in: bool = False) -> DayOutcome:
        """Fetch a label, the newest by default: one request for the feed of all lists, and one for the listing of each.

        What is not whole is asked for again, ever more seldom, while patience lasts. With `fill_in`, papers that the listing names
        and the feed does not bring are then asked for by their numbers. The error of a request is the outcome's `fault`.
        """
        names = tuple(dict.fromkeys(categories))
        if not names:
            raise SourceNotFoundError("No list is named.", "Write for example: --category cs.IR")
        newest = self.calendar.label_at(self.clock.now())
        label = label or newest
        known = self.check(label, names)
        if label != newest or all(one.state in {DayState.ANNOUNCED, DayState.SKIPPED} for one in known):
            over = label < newest and DayOutcome(label, known).state is DayState.INCOMPLETE
            note = (f"The feeds carry {newest} by now. Only an archive has {label}: broadsheet report backfill --since {label}",) if over else ()
            gone = self._withdrawals(label, names) if label == newest else []
            return self._told(label, self.check(label, names), (*note, *gone, *self._missed(names, label)))
        return self._poll(label, names, fill_in=fill_in)

    def backfill(self, categories: Sequence[str], since: date | None = None) -> list[DayOutcome]:
        """Fill in the labels from one on that are not whole, oldest first: those that are over by OAI-PMH, the newest by its feed.

        Each label is written at once or not at all, so that a run that was stopped goes on where it was. The error of a request is the `fault` of the
        outcomes that it kept from being whole; newer labels are then not asked for. `since` is the oldest label known where it is not given; raises
        SourceNotFoundError where there is none.
        """
        names = tuple(dict.fromkeys(categories))
        newest = self.calendar.label_at(self.clock.now())
        since = since or self._oldest(names)
        if since is None:
            raise SourceNotFoundError(
                "No day of these lists is known yet, so it is not known from where on to fill in.", "Name the first label: --since 2026-02-09"
            )
        over = newest if self._is_over(newest) else newest - DAY
        missing = {label: self._open(label, names) for label in self.calendar.labels(since, over)}
        missing = {label: lists for label, lists in missing.items() if lists}
        outcomes = self._harvested(missing) if missing else []
        if any(one.fault for one in outcomes):
            return outcomes
        return [*outcomes, *([self._poll(newest, names)] if over < newest and since <= newest and self._open(newest, names) else [])]

    def papers(self, label: date, categories: Sequence[str]) -> list[Announcement]:
        """Return what is kept of a label, each paper once with all its lists."""
        return merge(self.store.announced_between(label, label, categories))

    def _is_over(self, label: date) -> bool:
        """Tell whether the feeds have let go of a label: they carry it on its own day in the east."""
        return self.clock.now().astimezone(EASTERN).date() > label

    def _open(self, label: date, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(one.name for one in self.check(label, names) if one.state not in {DayState.ANNOUNCED, DayState.SKIPPED})

    def _oldest(self, names: Sequence[str]) -> date | None:
        return next((one.label for one in self.store.list_days(names, date.min, date.max)), None)

    def _missed(self, names: Sequence[str], label: date) -> tuple[str, ...]:
        oldest = self._oldest(names)
        if oldest is None:
            return ()
        missed = [str(day) for day in self.calendar.labels(oldest, label - DAY) if self._open(day, names)]
        return (f"Missed before it: {', '.join(missed)}. Fill them in: broadsheet report backfill --since {missed[0]}",) if missed else ()

    def _told(self, label: date, lists: Sequence[ListDay], notes: Sequence[str], fault: BroadsheetError | None = None) -> DayOutcome:
        return DayOutcome(label, tuple(lists), tuple(self.papers(label, [one.name for one in lists])), (*notes, *self._guesses(label)), fault)

    def _guesses(self, label: date) -> tuple[str, ...]:
        """Say which weekdays from a label to today the calendar only guesses about, where a wrong guess would hide a mailing."""
        last = self.clock.now().astimezone(EASTERN).date()
        unsure = [day for day in (label + DAY * number for number in range((last - label).days + 1)) if day.weekday() < 5]
        guessed = [(day, verdict) for day in unsure if not (verdict := self.calendar.verdict(day)).certain and not verdict.is_label]
        return tuple(
            f"Whether {day} has a mailing is a guess ({why.why}). Where it is wrong, give arXiv's list of that year: mailings.toml." for day, why in guessed
        )

    # Asking for the newest day.

    def _poll(self, label: date, names: Sequence[str], *, fill_in: bool = False) -> DayOutcome:
        began, wait, notes = self.clock.now(), self.patience.first, list[str]()
        while True:
            judged, fault = self._attempt(label, self._open(label, names))
            outcome = DayOutcome(label, self.check(label, names), fault=fault)
            left = self.patience.deadline - (self.clock.now() - began).total_seconds()
            least = (self.calendar.rebuilt(label) - self.clock.now()).total_seconds() if outcome.state is DayState.WAITING else 0.0
            # Where the feed itself could not be had, the tries that are worth it were made.
            if outcome.is_done or not judged or self._is_over(label) or left <= least:
                break
            # The last time is at the deadline, whatever the wait has grown to.
            pause = min(max(wait, least), left)
            self.say(f"{label}: {outcome.state}, {outcome.kept()} kept; asked for again in {pause:.0f} s")
            self.clock.sleep(pause)
            wait = min(2 * wait, self.patience.longest)
        if outcome.state is DayState.STALE:
            # A server may say that nothing changed, and be wrong: the next run believes none.
            self.client.forget()
        if fill_in and not outcome.is_done:
            try:
                notes += self._fill_in(judged)
            except BroadsheetError as refused:
                fault = refused
        if fault is None:
            notes += self._withdrawals(label, names)
        return self._told(label, self.check(label, names), (*notes, *self._client_notes(), *self._missed(names, label)), fault)

    def _attempt(self, label: date, names: Sequence[str]) -> tuple[list[Judged], BroadsheetError | None]:
        """Ask once for the feed and the listings, judge each list, and keep all of it in one transaction; without a feed no list is judged."""
        now = self.clock.now()
        try:
            feed = self.client.feed(names)
        except SourceNotFoundError:
            raise
        except BroadsheetError as unread:
            states = [one.model_copy(update={"state": DayState.INCOMPLETE, "at": now, "note": unread.what}) for one in self.check(label, names)]
            self.store.record_day((), states)
            return [], unread
        listings, fault = self._listings(names)
        known = self._known(label, names, feed.announcements)
        judged = [judge(name, label, feed.announcements, listings.get(name), known[name]) for name in names]
        if self.clock.now() < self.calendar.rebuilt(label):
            judged = [self._before_midnight(one) for one in judged]
        kept = [a for one in judged for a in one.announcements]
        self.store.record_day(kept, [one.day.model_copy(update={"at": now}) for one in judged])
        if all(one.day.state == DayState.ANNOUNCED for one in judged):
            self._remark_unlisted({a.item.id for a in feed.announcements} - {a.item.id for a in kept})
        return judged, fault

    def _remark_unlisted(self, ids: Collection[str]) -> None:
        if ids:
            first = min(ids, key=order)
            self.client.notes.append(f"Not kept, since no listing names them, though the feed brings them: {len(ids)} papers, such as {first}.")

    def _listings(self, names: Sequence[str]) -> tuple[dict[str, Listing], BroadsheetError | None]:
        """Ask for the listing of each list; a server that refuses one is not asked for the others."""
        found: dict[str, Listing] = {}
        first: BroadsheetError | None = None
        for name in names:
            try:
                found[name] = self.client.listing(name)
            except BroadsheetError as fault:
                first = first or fault
                if isinstance(fault, NetworkError | RefusedError):
                    break
        return found, first

    def _known(self, label: date, names: Sequence[str], served: Sequence[Announcement]) -> dict[str, Known]:
        """Return for each list what other days and lists say of the numbers that it can have."""
        before = self.store.announced_between(label - 7 * DAY, label - DAY)
        own = {name: new_ids((a for a in served if on_list(a, name)), name) for name in names}
        return {name: known_by(name, before, own) for name in names}

    def _before_midnight(self, judged: Judged) -> Judged:
        """Call a list that the feed does not carry yet one that is waited for: feeds are built anew at midnight in the east."""
        if judged.day.state == DayState.ANNOUNCED:
            return judged
        at = self.calendar.rebuilt(judged.day.label)
        note = f"the feeds carry its papers {_when(at, self.clock.now())}"
        return Judged(judged.day.model_copy(update={"state": DayState.WAITING, "note": note}), ())

    def _fill_in(self, judged: Sequence[Judged]) -> list[str]:
        """Ask by number for the papers that listings name and the feed did not bring."""
        wanted = sorted({key for one in judged for key in one.missing}, key=order)
        if not wanted:
            return []
        found = {a.item.id: a for a in self.client.query(ids=wanted)}
        filled = [complete(one, found) for one in judged]
        now = self.clock.now()
        self.store.record_day([a for one in filled for a in one.announcements], [one.day.model_copy(update={"at": now}) for one in filled])
        return [f"Asked for by number, since the feed did not bring them: {len(found)} of {len(wanted)} papers."]

    def _withdrawals(self, label: date, names: Sequence[str]) -> list[str]:
        """Ask for the comments of replaced papers that are kept from before: a feed does not say that a paper was withdrawn.

        A list says in its source that it was asked for; so one for which that failed, or was cut off, is asked for by the next run.
        """
        days = [one for one in self.check(label, names) if one.source.startswith("feed") and not one.source.endswith(_COMMENTS)]
        announced = self.store.announced_between(label, label, [one.name for one in days])
        kept = [a for a in announced if a.kind in {Announce.REPLACE, Announce.REPLACE_CROSS}]
        ids = sorted(self.store.earlier_versions(a.item for a in kept), key=order)
        if not ids:
            return []
        try:
            found = {a.item.id: a.item for a in self.client.query(ids=ids)}
        except BroadsheetError as fault:
            return [f"Whether {len(ids)} replaced papers that are known from before were withdrawn could not be asked: {fault.what} The next run asks again."]
        gone = [a for a in kept if a.item.id in found and is_withdrawn(found[a.item.id])]
        items = {a.item.id: found[a.item.id].model_copy(update={"announced": label}) for a in gone}
        withdrawn = [a.model_copy(update={"kind": Announce.WITHDRAWN, "item": items[a.item.id]}) for a in gone]
        self.store.record_day(withdrawn, [one.model_copy(update={"source": one.source + _COMMENTS}) for one in days])
        return [f"Withdrawn, as their comments say: {', '.join(sorted(items))}."] if items else []

    def _client_notes(self) -> list[str]:
        notes, self.client.notes[:] = list(self.client.notes), []
        return notes

    # Filling in days that are over.

    def _harvested(self, missing: dict[date, tuple[str, ...]]) -> list[DayOutcome]:
        names = tuple(dict.fromkeys(name for lists in missing.values() for name in lists))
        gaps = self._gaps(missing, names)
        since, until = min(missing) - 2 * DAY, self.clock.now().astimezone(UTC).date()
        try:
            records = {name: list(self.client.harvest(name, since, until)) for name in names}
        except SourceNotFoundError:
            raise
        except BroadsheetError as fault:
            return [DayOutcome(label, self.check(label, lists), fault=fault) for label, lists in sorted(missing.items())]
        filled = fill(records, self.calendar, gaps)
        notes = [*self._client_notes(), *_remarks(filled)]
        busy = self._busy(records, filled, gaps)
        outcomes = [self._write(label, lists, filled, busy) for label, lists in sorted(missing.items())]
        return [outcomes[0]._replace(notes=(*outcomes[0].notes, *notes)), *outcomes[1:]]

    def _gaps(self, missing: dict[date, tuple[str, ...]], names: Sequence[str]) -> Gaps:
        since, until = min(missing) - MARGIN, max(missing) + MARGIN
        fed = {(one.label, one.name) for one in self.store.list_days(names, since, until) if one.source.startswith("feed")}
        whole = {(one.label, one.name) for one in self.store.list_days(names, since, until) if one.state == DayState.ANNOUNCED} & fed
        kept = self.store.announced_between(since, until, names)
        first = {a.item.id: a.item.announced for a in kept if a.kind is Announce.NEW and (a.item.announced, a.lists[0]) in fed and a.item.announced}
        labels = {name: [label for label in sorted(missing) if name in missing[label]] for name in names}
        return Gaps(labels, first, frozenset(labels_of(kept)), whole)

    def _busy(self, records: Mapping[str, Sequence[Harvested]], filled: Filled, gaps: Gaps) -> dict[str, str]:
        """Return the lists of which an archive that has no paper of a label is probably behind, with why."""
        found = {name: _BARE for name, of in records.items() if not of}
        for name, labels in gaps.missing.items():
            came = Counter(a.item.announced for a in filled.announcements[name]).values()
            kept = (one.kept for one in self.store.list_days([name], labels[0] - MARGIN, labels[-1] + MARGIN) if one.label not in labels)
            counts = [count for count in (*came, *kept) if count]
            if counts and mean(counts) >= _BUSY:
                found[name] = f"OAI-PMH has no paper of it, where other days of this list have {mean(counts):.0f}: it may be behind"
        return found

    def _write(self, label: date, lists: Sequence[str], filled: Filled, busy: Mapping[str, str]) -> DayOutcome:
        """Keep what was inferred for one label, beside what a feed brought for it, which stands; a list that is `busy` and has no paper is not whole."""
        there = {(a.item.id, a.lists[0]) for a in self.store.announced_between(label, label, lists)}
        found: list[Announcement] = []
        states: list[ListDay] = []
        for day in self.check(label, lists):
            own = [a for a in filled.announcements[day.name] if a.item.announced == label and (a.item.id, day.name) not in there]
            had = sum(1 for _, name in there if name == day.name)
            found += own
            is_bare = not had and not own and day.stated is None and day.name in busy
            update = {"state": DayState.INCOMPLETE, "note": busy.get(day.name)} if is_bare else {}
            states.append(_filled(day, had, len(own), self.clock.now()).model_copy(update=update))
        self.store.record_day(found, states)
        return self._told(label, self.check(label, lists), ())


def _filled(day: ListDay, had: int, came: int, now: datetime) -> ListDay:
    kept = had + came
    note = f"{came} by OAI-PMH, {_INFERRED}"
    source = "feed, OAI-PMH" if had else "OAI-PMH"
    is_short = day.stated is not None and kept < day.stated
    if day.stated is not None and kept != day.stated:
        note += f"; the listing counted {day.stated}"
    state = DayState.INCOMPLETE if is_short else DayState.ANNOUNCED
    return day.model_copy(update={"state": state, "kept": kept, "source": source, "at": now, "note": note})


def _remarks(filled: Filled) -> list[str]:
    notes = [f"Of OAI-PMH: {_INFERRED}; texts are those of each paper's last version."]
    if filled.by_time:
        notes.append(f"Papers placed by the time of submission alone, since their numbers say otherwise: {filled.by_time}.")
    if filled.changed:
        notes.append(f"Records that changed, and were announced on no missing label as far as can be told: {filled.changed}.")
    if filled.deleted:
        notes.append(f"Records that arXiv deleted: {filled.deleted}.")
    return notes


def _when(at: datetime, now: datetime) -> str:
    left = at - now
    hours, minutes = divmod(max(0, round(left / timedelta(minutes=1))), 60)
    return f"{at:%A %d %B, %H:%M} US Eastern, in {f'{hours} h ' if hours else ''}{minutes} min"
