"""Pages of arXiv's query interface, put together to one answer that is whole."""

from collections.abc import Callable, Iterator, Sequence

from broadsheet.core.errors import FeedError
from broadsheet.core.schema import Announcement
from broadsheet.sources.feeds import MissingResultsError, Results, parse_results

# An address of more identifiers grows longer than servers take.
IDS = 200
Ask = Callable[[Sequence[str], int, int, Callable[[bytes, str], Results]], Results]


def found(ask: Ask, ids: Sequence[str], start: int, most: int | None, *, page: int, results: int) -> list[Announcement]:
    """Return all papers of a query from place `start` on, at most `most`, each once.

    `ask(ids, start, most, read)` fetches one page. Pages hold at most `page` papers, a query gives
    at most `results`. Raises `FeedError` where there are more than the interface gives.
    """
    groups = [ids[i : i + IDS] for i in range(0, len(ids), IDS)] or [()]
    if len(groups) == 1:
        return _each_once(_pages(ask, groups[0], start, most, page, results))
    each = _each_once(a for group in groups for a in _pages(ask, group, 0, None, page, results))
    return each[start:] if most is None else each[start : start + most]


def _pages(ask: Ask, ids: Sequence[str], start: int, most: int | None, page: int, results: int) -> Iterator[Announcement]:
    end = None if most is None else start + most
    while end is None or start < end:
        size = min(page, results - start, *([] if end is None else [end - start]))
        if size <= 0:
            raise _too_many(start, end, results)
        found = ask(ids, start, size, _reader(start, size))
        if found.total > results and end is None:
            raise _too_many(found.total, None, results)
        yield from found.announcements
        start += len(found.announcements)
        if start >= found.total:
            return


def _reader(start: int, size: int) -> Callable[[bytes, str], Results]:
    def read(data: bytes, where: str) -> Results:
        page = parse_results(data, where)
        due = max(0, min(size, page.total - start))
        if page.start != start or len(page.announcements) < due:
            raise MissingResultsError(
                f"{where}: {due} papers from place {start} on are due, and the page holds {len(page.announcements)} from {page.start} on.",
                "Fetch it again; arXiv now and then answers with half a page.",
            )
        return page

    return read


def _too_many(total: int, end: int | None, results: int) -> FeedError:
    what = f"{total:,} papers match" if end is None else f"Papers up to place {end:,} are asked for"
    return FeedError(
        f"{what}; arXiv's query interface gives {results:,} of one query.", "Narrow the query, for example by submittedDate:[202602010000 TO 202602080000]."
    )


def _each_once(announcements: Iterator[Announcement]) -> list[Announcement]:
    # The list moves while it is paged through: a paper may stand on two pages.
    return list({a.item.id: a for a in announcements}.values())
