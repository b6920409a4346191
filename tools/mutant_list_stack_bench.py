"""Changes that break the ablation, and the tests that should notice."""

from mutant_list import Mutant

PAPERS = "tests/recipes/test_bench_stack.py::test_"
WORLD = "tests/recipes/test_bench_stack_world.py::test_"
STACK_BENCH = [
    Mutant(
        "bench stack: readers who are judged give the weights too",
        "stack/bench/choosing.py",
        "_fitted([days[row] for row in others])",
        "_fitted(days)",
        WORLD + "what_a_reader_chose_moves_no_weight_by_which_it_is_judged",
    ),
    Mutant(
        "bench stack: a planner is told no goals",
        "stack/bench/wanting.py",
        "pair.slate, pair.horizon, goals=goals)",
        "pair.slate, pair.horizon)",
        WORLD + "goals_of_a_post_are_worth_something_where_they_are_planted_alone",
    ),
    Mutant(
        "bench stack: an earlier page knows what was announced on its own day",
        "report/bench/ablation/pages.py",
        "known, seen = stream.days.before(label), stream.cosines(label)",
        "known, seen = stream.days.before(label) + 12, stream.cosines(label)",
        PAPERS + "a_page_of_an_earlier_day_rests_on_what_was_known_on_that_day_and_shows_less_of_what_was_shown",
    ),
    Mutant(
        "bench stack: what a model of papers said is asked of it again",
        "report/ranker/stream.py",
        "if at not in self._said:",
        "if True:",
        PAPERS + "each_row_is_held_against_the_row_before_it_and_kept",
    ),
]
