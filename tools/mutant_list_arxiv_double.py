"""Changes that break the double of arXiv, and the tests that should notice."""

from mutant_list import Mutant

DAYS = "tests/unit/test_sample_arxiv_days.py::test_"
FEEDS = "tests/unit/test_sample_arxiv_feeds.py::test_"
OAI = "tests/unit/test_sample_arxiv_oai.py::test_"
SERVER = "tests/unit/test_sample_arxiv_server.py::test_"
DOUBLE = [
    Mutant(
        "double: announcements follow UTC",
        "sample/arxiv/hours.py",
        'ZoneInfo("America/New_York")',
        'ZoneInfo("UTC")',
        DAYS + "the_hours_follow_the_us_east_over_its_change_of_clocks",
    ),
    Mutant(
        "double: control characters go out as they are",
        "sample/arxiv/markup.py",
        'return _FORBIDDEN.sub("", ',
        "return (",
        FEEDS + "odd_titles_and_texts_come_back",
    ),
    Mutant(
        "double: a harvest finds a paper under every label that named it",
        "sample/arxiv/archive.py",
        "tuple(_told(stated, labels, gone, newest)), newest.label)",
        "tuple(_told(stated, labels, gone, newest)), min(labels.values()))",
        OAI + "a_harvest_by_days_and_sets_finds_a_paper_under_its_last_change_only",
    ),
    Mutant(
        "double: a token is good for ever",
        "sample/arxiv/oai.py",
        "or day != str(harvest.now.astimezone(UTC).date())",
        "",
        OAI + "a_token_is_good_for_its_day_and_for_its_verb",
    ),
    Mutant(
        "double: a stale category is stale for all that were asked",
        "sample/arxiv/replies.py",
        "in ([fault.category] if fault.category else categories)",
        "in categories",
        SERVER + "one_category_is_stale_under_todays_date",
    ),
    Mutant(
        "double: requests at once are not counted",
        "sample/arxiv/served.py",
        "self._open += change",
        "self._open = max(0, change)",
        SERVER + "requests_and_connections_at_once_are_counted",
    ),
]
