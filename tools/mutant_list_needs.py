"""Changes that break the stage needs, and the tests that should notice."""

from mutant_list import Mutant

GATE = "tests/unit/test_needs_evidence.py::test_"
PRIVACY = "tests/unit/test_needs_privacy.py::test_"
AGREE, LABEL = "tests/unit/test_needs_agree.py::test_", "tests/api/test_needs_label_cli.py::test_"

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
        "sample: a post of which labellers are sure is never drawn",
        "needs/agree/sample.py",
        "even * aims + (1 - even) *",
        "",
        AGREE + "a_sample_has_the_size_and_the_chances_that_it_states",
    ),
    Mutant(
        "sheet: a stranger's formula is written as one",
        "needs/agree/sheet.py",
        """return "'" + cell if _FORMULA.match(cell) else cell""",
        "return cell",
        AGREE + "no_cell_of_a_stranger_is_a_formula",
    ),
    Mutant(
        "labels: words may begin inside a word",
        "needs/agree/labels.py",
        "list(places(post, quote)) if quote else []",
        "[post.text.find(quote)] if quote in post.text else []",
        AGREE + "a_row_that_cannot_be_meant_is_two_lines_with_its_line_number",
    ),
    Mutant(
        "agreement: none has a place in the order",
        "needs/agree/agreement.py",
        "[:, : -1 if ordinal else None]",
        "",
        AGREE + "ordinal_alpha_leaves_none_out_and_one_label_has_no_alpha",
    ),
    Mutant(
        "agreement: language models are people",
        "needs/agree/assess.py",
        "people = [one for one in votes.annotators if not is_model(one)]",
        "people = list(votes.annotators)",
        AGREE + "models_are_told_apart_from_people",
    ),
    Mutant(
        "prevalence: posts drawn with another chance weigh the same",
        "needs/agree/prevalence.py",
        "parts = weights / weights.sum()",
        "parts = np.ones(len(weights)) / len(weights)",
        AGREE + "corrected_shares_cover_the_truth_and_naive_ones_do_not",
    ),
    Mutant(
        "prevalence: the confusion is read by its columns",
        "needs/agree/prevalence.py",
        "np.swapaxes(rates(counts), -1, -2)",
        "rates(counts)",
        AGREE + "corrected_shares_cover_the_truth_and_naive_ones_do_not",
    ),
    Mutant(
        "labelling: an answer is not saved when it is given",
        "needs/agree/session.py",
        "self._save()\n        self._passed.append(place)",
        "self._passed.append(place)",
        LABEL + "a_session_that_is_killed_has_saved_every_answer",
    ),
]
