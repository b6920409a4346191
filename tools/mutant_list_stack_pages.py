"""Changes that break the pages of the site, and the tests that should notice."""

from mutant_list import Mutant

PAGES = "tests/stage/test_serve_pages.py::test_"

FINDING = "tests/unit/test_represent_finding.py::test_"

SEARCH = [
    Mutant(
        "search: words count nothing",
        "represent/finding.py",
        "cosines + self.weight * words",
        "cosines",
        FINDING + "a_rare_word_comes_first_whatever_the_vectors_say",
    ),
    Mutant(
        "search: a filter does not hold for words",
        "represent/finding.py",
        "shares if mask is None else shares * mask",
        "shares",
        FINDING + "a_filter_holds_for_words_too",
    ),
    Mutant(
        "search: a word that no item holds is left out of the share",
        "represent/finding.py",
        "self._held.get(term, unheard)",
        "self._held.get(term, _Held(np.float32(0), NONE))",
        FINDING + "a_word_is_worth_as_much_as_it_is_rare_and_a_word_of_all_nothing",
    ),
    Mutant(
        "search: names among attributes are not searched",
        "represent/finding.py",
        "*item.categories, *named(item)",
        "*item.categories",
        FINDING + "a_short_text_among_attributes_is_searched_with_or_without_accents",
    ),
    Mutant(
        "search: strokes of letters matter",
        "represent/finding.py",
        "self._analyse(without_accents(text))",
        "self._analyse(text)",
        FINDING + "titles_and_creators_are_folded_as_the_query_is",
    ),
    Mutant(
        "search: of items that hold as much none is heard",
        "represent/finding.py",
        "[: HEARD - len(above)] if least > 0",
        "[:0] if least > 0",
        FINDING + "of_items_that_hold_as_much_the_first_are_heard",
    ),
]

STACK_PAGES = [
    Mutant(
        "pages: what carries no token changes something",
        "serve/pages/frame.py",
        "    view.sessions.check(view.session, stated)\n",
        "",
        PAGES + "what_carries_no_token_of_the_session_changes_nothing",
    ),
    Mutant(
        "pages: a key that may only read acts",
        "serve/pages/frame.py",
        "if not view.caller.may(OWN):",
        "if False:",
        PAGES + "from_elsewhere_a_key_is_asked_for_and_a_page_of_another_site_is_not_led_to",
    ),
    Mutant(
        "pages: a session goes on after its key was revoked",
        "serve/keys.py",
        'return _key(row) if row is not None and row["revoked"] is None else None\n\n    def all',
        "return _key(row) if row is not None else None\n\n    def all",
        PAGES + "from_elsewhere_a_key_is_asked_for_and_a_page_of_another_site_is_not_led_to",
    ),
    Mutant(
        "pages: who signs in is led to another site",
        "serve/pages/sign_in.py",
        'not back.startswith(("//", "/\\\\"))',
        "True",
        PAGES + "from_elsewhere_a_key_is_asked_for_and_a_page_of_another_site_is_not_led_to",
    ),
    Mutant(
        "pages: the page is written anew twice at once",
        "serve/pages/today.py",
        "if job is None or job.state in {JobState.DONE, JobState.FAILED}:",
        "if True:",
        PAGES + "the_page_is_written_anew_once_and_what_stood_there_is_kept",
    ),
    Mutant(
        "pages: an act loses its place",
        "serve/pages/today.py",
        "kind=kind, slot=entry.slot, ",
        "kind=kind, ",
        PAGES + "a_button_records_once_with_its_place_and_again_takes_it_back",
    ),
    Mutant(
        "pages: a title is taken for markup",
        "report/render/page.py",
        "autoescape=True",
        "autoescape=False",
        PAGES + "each_page_is_there_says_its_policy_and_loads_nothing_from_elsewhere",
    ),
]
