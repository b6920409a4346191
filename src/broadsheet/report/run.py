"""One run of the report: read the day, rank it, write it; and the reference form."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from broadsheet import sample
from broadsheet.core.artifacts import MANIFEST
from broadsheet.core.config import Config, build, with_settings
from broadsheet.core.errors import ProfileError
from broadsheet.core.files import check_writable
from broadsheet.core.home import artifact_folder, ranker_folder
from broadsheet.core.llm import Client
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Event
from broadsheet.core.store import Store, open_store
from broadsheet.report.archive import write_day
from broadsheet.report.build import Day, build_report, choose_day, with_earlier
from broadsheet.report.feedback.learning import Feedback, read_feedback
from broadsheet.report.feedback.marks import comparison_events
from broadsheet.report.feedback.record import SHOWN, at_label
from broadsheet.report.live import lists_of, live_day, open_days
from broadsheet.report.model import Report
from broadsheet.report.news import settle
from broadsheet.report.planned import EarlierPage, earlier_pages
from broadsheet.report.profile import Profile, found_profile, read_profile
from broadsheet.report.ranking import RankingConfig, why_left_out
from broadsheet.report.render.markdown import seed_form
from broadsheet.report.tldr.summaries import open_client, with_summaries
from broadsheet.sources import ColumnMap, read_source
from broadsheet.sources.arxiv.days import Patience

SAMPLE = "sample"
# Fewer earlier papers say too little of what is usual; more than this many are not read.
LEAST_BACKGROUND, MOST_BACKGROUND = 200, 5000


class RunConfig(Config):
    """All settings of a run, as `--set` reaches them: `ranking.*` and `profile.*`."""

    ranking: RankingConfig = RankingConfig()
    profile: dict[str, object] = Field(default_factory=dict)


class Request(NamedTuple):
    """What a user asks for. Without sources it is the built-in sample; without a profile, the form's own.

    `store` is the database in which the day and what was shown are kept; `feedback` another one, whose feedback counts and in which nothing is kept.
    """

    sources: tuple[str, ...] = ()
    profile: str = ""
    wanted: date | None = None
    columns: str = ""
    settings: tuple[str, ...] = ()
    store: str = ""
    live: bool = False
    feedback: str = ""


class Result(NamedTuple):
    """The report, and the page's path where one was written."""

    report: Report
    page: Path


def run(request: Request, out: Path, progress: Progress = silent, client: Client | None = None) -> Result:
    """Make the page in `out`; everything that can be refused is refused before the long work.

    `client` asks for TL;DRs; without one the profile says whether there are any.
    """
    with prepared(request, out, client) as ready:
        report = ranked(ready, progress)
        page = write_day(report, out)
        settled(ready, report)
    return Result(report, page)


class Prepared(NamedTuple):
    """All that a page is made of, read before the long work: the day, the reader, what came before, and the store (None for the sample)."""

    config: RunConfig
    profile: Profile
    day: Day
    source: str
    notes: Sequence[str]
    announced: Sequence[Announcement]
    background: Sequence[Announcement]
    earlier: Sequence[EarlierPage]
    feedback: Feedback | None
    client: Client | None
    store: Store | None
    live: bool

    @property
    def is_sample(self) -> bool:
        """Whether it is the built-in sample, of which nothing is kept."""
        return self.store is None


@contextmanager
def prepared(request: Request, out: Path, client: Client | None = None) -> Iterator[Prepared]:
    """Read what a page is made of; the store is open while the block runs."""
    check_writable(out)
    config = build(RunConfig, with_settings({}, request.settings), "--set")
    is_sample = request.sources in ((), (SAMPLE,)) and not request.live
    with ExitStack() as stack:
        profile = _profile(request, stack, default=sample.READERS[0] if is_sample else "")
        client = client or _client(request, profile, stack)
        day, source, notes = _live(request, profile) if request.live else _read_day(request)
        # The fictional sample is kept in no database but one that is named for it.
        store = None if is_sample and not request.store else stack.enter_context(open_store(request.store))
        background: list[Announcement] = []
        announced = day.announcements
        if store:
            day, said = settle(store, profile.name, day, profile.categories)
            notes = [*notes, *said]
            day = with_earlier(day, store.earlier_versions(a.item for a in announced))
            background = store.announced_before(day.label, MOST_BACKGROUND)
            background = background if len(background) >= LEAST_BACKGROUND else []
        earlier = earlier_pages(out, store, profile.name, day.label, profile.plan.days) if profile.plan.wanted else ()
        feedback = _feedback(request.feedback, profile.name, day) if request.feedback else read_feedback(store, profile.name, day.label) if store else None
        yield Prepared(config, profile, day, source, notes, announced, background, earlier, feedback, client, store, request.live)


def ranked(ready: Prepared, progress: Progress = silent, beside: Mapping[str, float] | None = None) -> Report:
    """Rank a day that was read; `beside` is what other stages add to papers' log-odds, by id."""
    report = build_report(
        ready.day,
        ready.profile,
        source=ready.source,
        config=_with_ranker(ready.config.ranking),
        cache=artifact_folder(),
        background=ready.background,
        earlier=ready.earlier,
        feedback=ready.feedback,
        fictional=ready.is_sample,
        notes=ready.notes,
        beside=beside,
        progress=progress,
    )
    report = with_summaries(report, ready.client, ready.profile.tldr, progress) if ready.client else report
    get_logger("report").info("ranked", label=str(report.label), entries=len(report.entries), ranked_by=report.ranked_by)
    return report


def settled(ready: Prepared, report: Report) -> None:
    """Keep what was read and what was shown, for the next page; nothing of the sample."""
    if ready.store:
        if not ready.live:
            ready.store.record_day(ready.announced)
        ready.store.record_events([*shown_events(report), *comparison_events(report)])


def shown_events(report: Report) -> list[Event]:
    """Return that each pick was shown, in which slot and with which propensity, at the start of its label."""
    at = at_label(report.label)
    return [Event(user=report.reader, item=e.item.id, kind=SHOWN, at=at, slot=e.slot, propensity=e.propensity or None) for e in report.picks()]


def _feedback(address: str, reader: str, day: Day) -> Feedback:
    """Read a reader's feedback from a database that need not know the day's papers."""
    with open_store(address) as store:
        found = read_feedback(store, reader, day.label)
    return found._replace(items={**{a.item.id: a.item for a in day.announcements if a.item.id in {e.item for e in found.events}}, **found.items})


def _client(request: Request, profile: Profile, stack: ExitStack) -> Client | None:
    """Return what asks the model that the profile names, if any; its replies and its ledger are in the store."""
    if not profile.tldr.llm:
        return None
    return open_client(profile.tldr, stack.enter_context(open_store(request.store)))


def _with_ranker(config: RankingConfig) -> RankingConfig:
    """Take the ranker that `broadsheet report fit` left under BROADSHEET_HOME, where there is one and no other is named."""
    own = ranker_folder()
    return config.model_copy(update={"ranker": str(own)}) if not config.ranker and (own / MANIFEST).is_file() else config


def run_seed(request: Request) -> str:
    """Write the reference form: papers that the profile lets through, in the source's order."""
    build(RunConfig, with_settings({}, request.settings), "--set")
    with ExitStack() as stack:
        if request.profile:
            profile = _profile(request, stack, default="")
        else:
            path = stack.enter_context(as_file(files("broadsheet.report") / "forms" / "seed.toml"))
            profile = read_profile(path, _profile_settings(request))
        day, _, _ = _read_day(request)
    return seed_form(day.label, (a.item for a in day.announcements if not why_left_out(a.item, profile)))


def _read_day(request: Request) -> tuple[Day, str, list[str]]:
    if request.sources in ((), (SAMPLE,)):
        return choose_day(sample.announcements(), None, request.wanted, _today()), "the built-in sample", []
    batch = read_source(request.sources, ColumnMap.parse(request.columns))
    day = choose_day(batch.announcements, batch.label, request.wanted, _today())
    names = [source if source.startswith("arxiv:") else Path(source).name for source in request.sources]
    notes = [f"Records of a paper that stood more than once in the source, merged: {batch.repeated}."] if batch.repeated else []
    return day, ", ".join(names), notes


def _live(request: Request, profile: Profile) -> tuple[Day, str, list[str]]:
    names = lists_of(request.sources or profile.categories)
    # Whoever wants to wait has `report fetch --wait`.
    with open_days(request.store, patience=Patience(0)) as days:
        label, announced, notes = live_day(days, names, request.wanted)
    return Day(label, announced), f"arxiv:{'+'.join(names)}", notes


def profile_of(request: Request) -> Profile:
    """Return the profile that a request names, with its settings laid over it. Raises ProfileError."""
    with ExitStack() as stack:
        return _profile(request, stack, default="")


def _profile(request: Request, stack: ExitStack, default: str) -> Profile:
    name = request.profile or default
    if not name:
        return build(Profile, with_settings({}, _profile_settings(request)), "--set profile", ProfileError).check()
    return stack.enter_context(found_profile(name, _profile_settings(request)))


def _profile_settings(request: Request) -> tuple[str, ...]:
    return tuple(s.strip().removeprefix("profile.") for s in request.settings if s.strip().startswith("profile."))


def _today() -> date:
    return datetime.now(UTC).astimezone().date()
