"""Changes that break arXiv's client, and the tests that should notice."""

from mutant_list import Mutant

CLIENT = "tests/unit/test_sources_arxiv_client.py::test_"
GATE = "tests/unit/test_sources_arxiv_gate.py::test_"
OAI = "tests/unit/test_sources_arxiv_oai.py::test_"
ENDS = "tests/stage/test_arxiv_faults.py::test_a_morning_ends_as_it_should_and_nothing_is_lost_in_silence"
ARXIV = [
    Mutant(
        "gate: a request that never ended does not count",
        "sources/arxiv/gate.py",
        "if last is None or last.asking:",
        "if last is None:",
        GATE + "a_record_that_says_nothing_costs_at_most_one_pause",
    ),
    Mutant(
        "gate: the shorter wait of two clocks counts",
        "sources/arxiv/gate.py",
        "max(0.0, self.seconds - min(passed))",
        "max(0.0, self.seconds - max(passed))",
        GATE + "a_clock_that_is_set_forward_shortens_no_pause",
    ),
    Mutant(
        "polite: what could not be read is kept all the same",
        "sources/arxiv/polite.py",
        "        value = self._read(answer, url, read)\n        if cache:\n",
        '        if cache:\n            cache.put(url, answer.body, answer.headers.get("ETag", ""), "")\n        value = self._read(answer, url, read)\n        if cache:\n',
        CLIENT + "only_what_could_be_read_is_kept",
    ),
    Mutant(
        "api: half a page is a page",
        "sources/arxiv/api.py",
        "or len(page.announcements) < due",
        "or False",
        CLIENT + "a_query_that_finds_nothing_is_empty_and_a_page_that_should_hold_papers_is_asked_for_again",
    ),
    Mutant(
        "oai: a harvest that begins again gives what it gave before",
        "sources/arxiv/oai.py",
        "                given.add(key)\n",
        "",
        OAI + "whatever_expires_each_record_that_comes_by_day_comes_once",
    ),
    Mutant(
        "oai: no record behind a token is the end",
        "sources/arxiv/oai.py",
        "_parse_more) if token",
        "parse_records) if token",
        ENDS + "[five days missed, and the archive breaks off]",
    ),
    Mutant(
        "polite: a date to wait for is read by our own clock alone",
        "sources/arxiv/polite.py",
        "for wait in waits if timedelta(0) <= wait",
        "for wait in () if timedelta(0) <= wait",
        ENDS + "[429 twice, until a date by a clock that is 26 hours off]",
    ),
    Mutant(
        "wire: a connection that is given up stays open",
        "sources/arxiv/wire.py",
        "            asked.shut()\n",
        "            asked.late = True\n",
        CLIENT + "a_server_that_drips_is_given_up_and_its_connection_closed",
    ),
]
