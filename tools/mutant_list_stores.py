"""Changes that break the store and what is news, and the tests that should notice."""

from mutant_list import Mutant

NEWS = "tests/unit/test_report_news.py::test_"
PAGE = "tests/recipes/test_report_over_time.py::test_"
STORE = "tests/unit/test_core_store.py::test_"
STORES = [
    Mutant(
        "store: whoever writes does not keep others from it",
        "core/database.py",
        'connection.exec_driver_sql("BEGIN IMMEDIATE")',
        'connection.exec_driver_sql("BEGIN")',
        STORE + "what_a_writer_reads_stays_true_until_it_has_written",
    ),
    Mutant(
        "store: a day is kept in two transactions",
        "core/store.py",
        "            upsert(connection, VERSIONS, versions)\n",
        "            upsert(connection, VERSIONS, versions)\n            connection.exec_driver_sql('COMMIT')\n            connection.exec_driver_sql('BEGIN')\n",
        STORE + "a_writer_killed_half_way_through_a_day_leaves_nothing_of_it",
    ),
    Mutant(
        "store: a row that is there is in the way of those that are new",
        "core/database.py",
        "_insert(connection, table).on_conflict_do_nothing(), [",
        "_insert(connection, table), [",
        STORE + "a_row_that_is_new_is_written_and_one_that_is_there_stays",
    ),
    Mutant(
        "store: what was opened stays open",
        "core/store.py",
        "    finally:\n        store.close()\n",
        "    finally:\n        pass\n",
        STORE + "without_an_address_the_database_of_this_installation_is_opened_and_closed",
    ),
    Mutant(
        "profile: a sample reader is before a file of one's own",
        "report/profile.py",
        "if not path.exists():\n            if name not in sample.READERS:",
        "if name in sample.READERS or not path.exists():\n            if name not in sample.READERS:",
        "tests/unit/test_report_rules.py::test_a_profile_is_found_at_its_path_else_as_a_sample_reader_with_the_library_beside_it",
    ),
    Mutant(
        "news: another page's claim is not seen",
        "report/news.py",
        "for name, on in stood.items() if on != day.label",
        "for name, on in stood.items() if False",
        NEWS + "a_day_made_again_is_the_same_and_a_missed_day_made_later_doubles_nothing",
    ),
    Mutant(
        "news: a withdrawal is told to nobody",
        "report/build.py",
        "told_before=day.told.get(item.id),",
        "told_before=None,",
        PAGE + "a_paper_is_new_once_and_its_withdrawal_reaches_whom_it_was_shown_to",
    ),
]
