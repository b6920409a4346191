"""Changes that break TL;DRs, the watch or the page of quality, and the tests that should notice."""

from mutant_list import Mutant

DAYS = "tests/unit/test_report_quality.py::test_"
TLDR = "tests/unit/test_report_tldr.py::test_"
WATCH = "tests/unit/test_report_watch.py::test_"
QUALITY = [
    Mutant(
        "tldr: a quotation that is not there is let pass",
        "report/tldr/summaries.py",
        "if len(kept) < len(set(told.quotes)) or not kept:",
        "if not kept:",
        TLDR + "what_does_not_hold_is_left_out_counted_and_named",
    ),
    Mutant(
        "tldr: a number's unit is not looked at",
        "report/tldr/quantities.py",
        "self.value == other.value and bool(self.units & other.units) and bounded",
        "self.value == other.value and bounded",
        TLDR + "each_kind_of_fault_is_seen",
    ),
    Mutant(
        "watch: a label that is over keeps later ones from their reader",
        "report/watch.py",
        "and label not in self._aside and not is_over",
        "and not is_over",
        WATCH + "once_raises_the_first_error_after_it_has_done_the_rest",
    ),
    Mutant(
        "watch: a signal does not come between two steps",
        "report/watch.py",
        "while not self._stop.asked:\n            step = next(steps, None)",
        "while True:\n            step = next(steps, None)",
        WATCH + "a_stop_comes_between_two_steps_and_the_morning_is_done_anew",
    ),
    Mutant(
        "quality: days that were not read count as passed over",
        "report/quality/reading.py",
        "if not any(item in on_page and at >= begin for item, at in done):",
        "if not done:",
        DAYS + "calibration_is_told_only_where_there_is_enough_of_it",
    ),
]
