"""Changes that break feedback (events, links, learning, the server), and the tests that should notice."""

from mutant_list import Mutant

RECORD = "tests/unit/test_feedback_record.py::test_"
LINKS = "tests/unit/test_feedback_links.py::test_"
LEARNING = "tests/unit/test_feedback_learning.py::test_"
SERVE = "tests/stage/test_serve.py::test_"
FEEDBACK = [
    Mutant(
        "feedback: an undo takes back every act of its kind",
        "report/feedback/record.py",
        "(e.user, e.item, e.kind, e.at.astimezone(UTC)) not in gone",
        "(e.user, e.item, e.kind) not in {one[:3] for one in gone}",
        RECORD + "an_undo_takes_back_the_one_event_it_names",
    ),
    Mutant(
        "feedback: a link posted again is another event",
        "report/feedback/record.py",
        'told = event.model_copy(update={"at": before or event.at.astimezone(UTC)})',
        "told = event",
        SERVE + "a_post_records_once_with_the_page_it_came_from",
    ),
    Mutant(
        "links: any secret signs",
        "report/feedback/links.py",
        "if hmac.compare_digest(keys.tag(text), tag):",
        "if True:",
        LINKS + "no_changed_byte_opens",
    ),
    Mutant(
        "links: an expired link opens",
        "report/feedback/links.py",
        "if act.expires and act.expires <= self.clock.now():",
        "if False:",
        LINKS + "an_expired_link_is_told_apart_from_a_forged_one",
    ),
    Mutant(
        "learning: one paper that was passed over is evidence",
        "report/feedback/learning.py",
        "if count >= config.several)",
        "if count >= 1)",
        LEARNING + "nothing_is_learnt_from_what_was_passed_over_unless_several_were_alike",
    ),
    Mutant(
        "learning: an act's chance is not clipped",
        "report/feedback/learning.py",
        "min(1.0 / chance, config.clip)",
        "1.0 / chance",
        LEARNING + "an_act_weighs_one_over_its_chance_clipped",
    ),
    Mutant(
        "learning: a paper without text teaches",
        "report/feedback/learning.py",
        "if any(map(str.isalnum, reading_text(item)))}",
        "}",
        LEARNING + "a_paper_without_text_teaches_nothing_and_is_named_and_words_nobody_knows_are_like_nothing",
    ),
    Mutant(
        "learning: acts of a time to come are used",
        "report/feedback/learning.py",
        "standing(e for e in every if e.at <= now)",
        "standing(every)",
        LEARNING + "an_act_of_a_time_to_come_is_not_used_and_counted",
    ),
    Mutant(
        "learning: what was taken up does not join the library",
        "report/feedback/learning.py",
        "effect = effect + config.library * widened(taken)",
        "effect = effect + 0 * widened(taken)",
        LEARNING + "what_was_opened_joins_the_library_and_is_not_learnt_twice",
    ),
    Mutant(
        "serve: to look is to vote",
        "serve/app.py",
        "return _page(clicks.see(token))",
        "return _page(clicks.do(token))",
        SERVE + "a_prefetcher_that_visits_every_link_changes_no_event",
    ),
]
