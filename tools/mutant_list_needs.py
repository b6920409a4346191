"""Changes that break the stage needs, and the tests that should notice."""

from mutant_list import Mutant

GATE = "tests/unit/test_needs_evidence.py::test_"
PRIVACY = "tests/unit/test_needs_privacy.py::test_"
VIEW = "tests/unit/test_needs_view.py::test_"

NEEDS = [
    Mutant(
        "evidence: a quotation may begin inside a word",
        "needs/posts.py",
        "if is_edge(normal, place) and is_edge(normal, place + len(quote)):",
        "if is_edge(normal, place + len(quote)):",
        GATE + "a_quotation_never_cuts_or_changes_a_word_a_number_a_sign_or_an_emoji",
    ),
    Mutant(
        "evidence: an emoji may be cut",
        "needs/edges.py",
        "if not normal.is_whole(place):",
        "if False:",
        GATE + "a_quotation_never_cuts_or_changes_a_word_a_number_a_sign_or_an_emoji",
    ),
    Mutant(
        "evidence: a superscript is a digit",
        "needs/normal.py",
        'return char if makes_a_digit or " " in folded else folded',
        "return folded",
        GATE + "a_normal_form_is_its_own_and_leads_back",
    ),
    Mutant(
        "evidence: two quotations may make the whole post",
        "needs/evidence.py",
        "rest = max(rest, end)",
        "rest = begin",
        GATE + "long_evidence_is_the_whole_post_and_hardly_less_of_a_long_post_too",
    ),
    Mutant(
        "evidence: offsets that leave out a negation are believed",
        "needs/evidence.py",
        "if any(_passes_over_negation(post, one, place) for one, place in zip(found, chosen, strict=True)):",
        "if False:",
        GATE + "each_fault_has_its_reason",
    ),
    Mutant(
        "evidence: a post is normalised for every mention",
        "needs/posts.py",
        "if name not in self._normal:",
        "if True:",
        GATE + "a_post_is_normalised_once_and_each_place_is_looked_at_once",
    ),
    Mutant(
        "evidence: the second of one id is kept",
        "needs/evidence.py",
        "elif claim.id in seen:",
        "elif False:",
        GATE + "a_post_a_need_and_an_id_must_be_known_and_the_second_of_one_id_is_not_kept",
    ),
    Mutant(
        "privacy: any long number is a card",
        "needs/pii.py",
        "return sum(digits[0::2]) % 10 ==",
        "return True or sum(digits[0::2]) % 10 ==",
        PRIVACY + "personal_data_become_what_they_are",
    ),
    Mutant(
        "privacy: places forget what was replaced before them",
        "needs/privacy.py",
        "return offset if passed < 0 else offset + shifts[passed][3] - shifts[passed][1]",
        "return offset",
        PRIVACY + "places_lead_from_one_text_to_the_other_and_back",
    ),
    Mutant(
        "suppression: one small cell is hidden alone",
        "needs/suppression.py",
        "beside = lines[_telling(people, hidden, lines, k)].any(axis=0) & ~hidden",
        "beside = np.zeros_like(hidden)",
        PRIVACY + "a_list_shows_no_small_cell_and_hides_at_least_k_people_or_everybody",
    ),
    Mutant(
        "suppression: what follows from all margins together is not seen",
        "needs/suppression.py",
        "return too_few | (lines & follows).any(axis=1)",
        "return too_few",
        PRIVACY + "no_masked_cell_of_a_larger_table_follows_where_every_cell_holds_somebody",
    ),
    Mutant(
        "privacy: the key of authors is made anew",
        "needs/pseudonyms.py",
        "if not path.exists():",
        "if path.unlink(missing_ok=True) is None:",
        PRIVACY + "the_key_of_authors_is_made_once_and_is_the_users_alone",
    ),
    Mutant(
        "view: arrows are drawn from how many speak of levels",
        "needs/view/build.py",
        "for one, others in found.time.beyond.items() for",
        "for one, others in found.order_probabilities.items() for",
        VIEW + "arrows_turn_with_time_and_come_from_nothing_else",
    ),
    Mutant(
        "view: figures of a level of few people are told",
        "needs/view/build.py",
        "shows = part.share is not None",
        "shows = True",
        VIEW + "no_number_under_k_stands_anywhere",
    ),
    Mutant(
        "view: a month alone is hidden, and follows from the others",
        "needs/view/cells.py",
        "while hidden.any() and",
        "while False and",
        VIEW + "no_hidden_part_follows_from_what_is_told_and_their_sum",
    ),
    Mutant(
        "view: texts are not escaped",
        "needs/view/page.py",
        "autoescape=True",
        "autoescape=False",
        VIEW + "texts_are_escaped_and_evidence_is_marked",
    ),
    Mutant(
        "view: personal data stay in quotations",
        "needs/view/quotes.py",
        "clean = scrub(text)",
        "clean = scrub(text)._replace(text=text, replaced=())",
        VIEW + "nobody_is_named_and_nothing_personal_stands_in_any_file",
    ),
    Mutant(
        "view: a person is quoted again and again",
        "needs/view/quotes.py",
        'or used & {speaker, ("", text)}:',
        "or False:",
        VIEW + "quotations_are_of_different_people_and_do_not_depend_on_the_order_of_mentions",
    ),
]
