"""Changes that break comparisons of rankings and the bench of feedback, and the tests that should notice."""

from mutant_list import Mutant

INTERLEAVE = "tests/unit/test_feedback_interleave.py::test_"
SPLIT = "tests/unit/test_feedback_split.py::test_"
COMPARE = "tests/recipes/test_report_compare.py::test_"
COMPARISONS = [
    Mutant(
        "interleave: days of one reader are units of their own",
        "report/feedback/interleave.py",
        "p = paired_permutation(leads, np.zeros_like(leads), rng, clusters=readers, rounds=rounds).p",
        "p = paired_permutation(leads, np.zeros_like(leads), rng, rounds=rounds).p",
        INTERLEAVE + "clicks_of_one_eager_reader_prove_nothing",
    ),
    Mutant(
        "interleave: the first team always picks first",
        "report/feedback/interleave.py",
        "sides = (a, b) if tossed else (b, a)",
        "sides = (a, b)",
        INTERLEAVE + "inclusion_is_the_share_of_drafts_and_slots_are_shared_alike",
    ),
    Mutant(
        "split: a broken sample ratio gets a verdict",
        "report/feedback/split.py",
        "if ratio.is_broken:",
        "if False:",
        SPLIT + "arms_of_the_wrong_size_get_no_verdict",
    ),
    Mutant(
        "split: an arm that lost everybody is not missed",
        "report/feedback/marks.py",
        "if 0 < sum(shares.values()) < 1 - 1e-6:",
        "if False:",
        COMPARE + "an_arm_that_lost_everybody_gets_no_verdict_and_a_share_that_changed_is_told",
    ),
    Mutant(
        "split: papers are the units of click-through",
        "report/feedback/split.py",
        "rest = clicks - rate * shown",
        "rest = np.sqrt(rate * (1 - rate) * shown)",
        SPLIT + "the_delta_method_has_the_interval_of_a_bootstrap_over_readers",
    ),
    Mutant(
        "marks: what was undone is a click",
        "report/feedback/marks.py",
        "yield reader, standing(store.events(reader))",
        "yield reader, store.events(reader)",
        COMPARE + "a_verdict_needs_nothing_but_the_events_and_what_was_undone_is_no_click",
    ),
]
