"""Changes that break the days of arXiv, and the tests that should notice."""

from mutant_list import Mutant

CALENDAR = "tests/unit/test_sources_arxiv_calendar.py::test_"
DAYS = "tests/unit/test_sources_arxiv_days.py::test_"
FAULTS = "tests/stage/test_arxiv_faults.py::test_"
STORE = "tests/unit/test_core_store_days.py::test_"
KEPT_DAYS = [
    Mutant(
        "calendar: a label is the day of the evening itself",
        "sources/arxiv/calendar.py",
        "local.date() + (DAY if local.time() >= ANNOUNCED else timedelta())",
        "local.date()",
        CALENDAR + "the_label_changes_at_eight_in_the_evening_in_the_east",
    ),
    Mutant(
        "judging: an earlier batch counts as one that is short",
        "sources/arxiv/judging.py",
        "    if earlier:",
        "    if False:",
        DAYS + "an_earlier_batch_is_told_by_its_numbers_whatever_its_dates_say",
    ),
    Mutant(
        "judging: papers of another list's day are kept",
        "sources/arxiv/judging.py",
        "and not (a.kind is Announce.CROSS and on_list(_primary(a), name))",
        "",
        FAULTS + "a_morning_ends_as_it_should_and_nothing_is_lost_in_silence[429 on the listings alone]",
    ),
    Mutant(
        "backfill: numbers say nothing of labels",
        "sources/arxiv/backfilling.py",
        "reached = max(reached, least[key]) if key not in known else known[key]",
        "reached = least[key] if key not in known else known[key]",
        DAYS + "a_paper_that_moderators_held_is_put_where_its_number_says",
    ),
    Mutant(
        "backfill: one odd time pulls all papers with higher numbers",
        "sources/arxiv/backfilling.py",
        ">= _SEVERAL}",
        ">= 10**9}",
        DAYS + "one_paper_with_an_odd_time_pulls_no_other",
    ),
    Mutant(
        "backfill: a day that the archive has not yet is a day without papers",
        "sources/arxiv/days.py",
        "if counts and mean(counts) >= _BUSY:",
        "if False:",
        FAULTS + "an_archive_that_is_behind_is_told_and_filled_in_later",
    ),
    Mutant(
        "days: a withdrawal that could not be asked for is forgotten",
        "sources/arxiv/days.py",
        "self._withdrawals(label, names) if label == newest else []",
        "[]",
        FAULTS + "a_withdrawal_is_asked_for_until_it_was",
    ),
    Mutant(
        "store: how many are kept is what is said",
        "core/store.py",
        '"kept": connection.execute(kept).scalar_one()',
        '"kept": state.kept',
        STORE + "how_many_are_kept_is_counted_whatever_is_said[sqlite]",
    ),
]
