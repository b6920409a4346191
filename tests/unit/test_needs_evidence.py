"""The gate of evidence: what is verbatim passes in any writing, what is not never does."""

import re
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.needs import edges, posts
from broadsheet.needs.bench.plants import measure, overall, plant
from broadsheet.needs.bench.posts import INVENTED, posts_of
from broadsheet.needs.claims import Claim, Malformed, Quote, claim_of, parse_claim
from broadsheet.needs.evidence import Gate, Note, Reason, Verdict
from broadsheet.needs.normal import normalise
from broadsheet.needs.records import NeedMention, Polarity, Span
from broadsheet.needs.taxonomy import open_taxonomy

POST = "I am not worried about rent. I can’t pay — 5.00 or $1,500  at\nall 👨‍👩‍👧, unpaid bills of -500 since 2019."
OTHER = "My cat sleeps on the sofa and I pay four cards."
WRITINGS = st.text(
    st.sampled_from("aAe\u0301ñ ０5²½.,-'’“”…—\u00a0\u00ad\u200b\u200d\n\t家賃。ﬁ👍🏽👩🇩🇪ｶﾞ각\u1100\u1161\u3099ह\u093f\ufe0f\ud7a3！㎏"), max_size=40
)


def judge(*quotes: str | Quote, post: str = POST, need: str | None = None, level: str | int | None = 1, **more: str) -> Verdict:
    evidence = tuple(Quote(quote) if isinstance(quote, str) else quote for quote in quotes)
    return Gate({"p": post, "other": OTHER, **more}).check(Claim("m", "p", need, level, evidence))


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("I can't pay - 5.00", "I can’t pay — 5.00"),
        ("5.00 or $1,500 at all", "5.00 or $1,500  at\nall"),
        ("at all 👨‍👩‍👧", "at\nall 👨‍👩‍👧"),
        ("unpaid bills of -500", "unpaid bills of -500"),
        ("am not worried about", "am not worried about"),
        ("about rent", "about rent"),
        ("$1,500", "$1,500"),
    ],
)
def test_what_stands_in_the_post_is_found_in_another_writing_and_given_back_as_it_stands(quote, stands):
    verdict = judge(quote)
    assert [span.text for span in verdict.spans] == [stands]
    assert POST[verdict.spans[0].start : verdict.spans[0].end] == stands
    assert (verdict.accepted, verdict.reason) == (True, None)


@pytest.mark.parametrize(
    ("post", "quote"),
    [
        ("we owe 1500 now", "500 now"),
        ("we owe 1,500 now", "500 now"),
        ("we owe 50,000 now", "we owe 50"),
        ("we owe 50.5 now", "we owe 50"),
        ("we owe 50.5 now", "we owe 50."),
        ("we owe 50’000 now", "we owe 50"),
        ("it is at -500 now", "500 now"),
        ("it is at -$500 now", "500 now"),
        ("it grew .5 points", "5 points"),
        ("all is unpaid here", "paid here"),
        ("so I can’t pay", "so I can"),
        ("so I cannot pay", "so I can"),
        ("we owe 10² now", "we owe 102"),
        ("we owe 5½ now", "we owe 51"),
        ("we owe 3㏠ now", "we owe 31"),
        ("we owe $500 now", "we owe €500"),
        ("we owe 500 now", "we owe 500.00"),
        ("ours is IT work", "ours is it work"),
        ("so sad 👍🏽 today", "so sad 👍"),
        ("so sad 👨‍👩‍👧 today", "so sad 👨"),
        ("from 🇩🇪🇫🇷 with debt", "🇪🇫 with debt"),
        ("un cafe\u0301 noir merci", "un cafe"),
        ("हमें पैसे चाहिए अभी", "हमें पैस"),
        ("rent is due", "rent was due"),
        ("rent  is\u2028due now", "rentis due"),
    ],
)
def test_a_quotation_never_cuts_or_changes_a_word_a_number_a_sign_or_an_emoji(post, quote):
    assert judge(quote, post=f"{post} and more of it").reason is Reason.NOT_VERBATIM


@pytest.mark.parametrize(
    ("post", "quote"),
    [
        ("我付不起这个月的房租，怎么办？", "付不起这个月的房租"),
        ("貯金は３万円しかなくて\n来月が心配です", "3万円しかなくて来月"),
        ("월세를 두 달째 못 내고 있어요", "두 달째 못 내고"),
        ("on me demande l’argent du loyer ici", "argent du loyer"),
        ("ton\u00a0co\u00adm\u200bpte\r\nest vide", "ton compte est"),
        ("der Lo\u0308we zahlt nicht viel", "der Löwe zahlt"),
        ("it’s 500円 short", "500円 short"),
        ("from 2019–2023 I saved", "2023 I saved"),
        ("ﬁnally paid \u201coff\u201d the loan… yes", 'finally paid "off" the loan...'),
    ],
)
def test_other_scripts_and_writings_pass(post, quote):
    assert judge(quote, post=f"x {post} and so on").accepted


@pytest.mark.parametrize(
    ("quotes", "reason"),
    [
        (["My cat sleeps on"], Reason.OTHER_POST),
        (["The cupboard is empty"], Reason.NOT_VERBATIM),
        (["groceries until Friday and the cupboard"], Reason.EXAMPLE_LEAK),
        ([POST], Reason.WHOLE_POST),
        ([POST.rstrip(".")], Reason.WHOLE_POST),
        ([POST[:28], POST[17:]], Reason.WHOLE_POST),
        (["at all"], Reason.TOO_SHORT),
        ([], Reason.NO_EVIDENCE),
        ([" \u200b"], Reason.NO_EVIDENCE),
        ([Quote(None, 5, 4_000)], Reason.OFFSETS),
        ([Quote(None, -5, 4)], Reason.OFFSETS),
        ([Quote("worried about rent", 5, 27)], Reason.NEGATION_CUT),
        ([Quote("worried about rent", 5, 23)], Reason.NEGATION_CUT),
        ([Quote("pay — 5.00 or", POST.index("can"), POST.index("can") + 13)], Reason.NEGATION_CUT),
        (["about rent", "about the rent"], Reason.NOT_VERBATIM),
    ],
)
def test_each_fault_has_its_reason(quotes, reason):
    verdict = judge(*quotes)
    assert (verdict.accepted, verdict.reason, verdict.spans) == (False, reason, ())


def test_long_evidence_is_the_whole_post_and_hardly_less_of_a_long_post_too():
    words = [f"word{number}" for number in range(60)]
    assert judge(" ".join(words[:41]), post=" ".join(words)).reason is Reason.WHOLE_POST
    assert judge(" ".join(words[:40]), post=" ".join(words)).accepted
    assert judge(" ".join(words[:24]), post=" ".join(words[:25])).reason is Reason.WHOLE_POST
    assert judge("we owe rent", "rent to Bo", post="we owe rent to Bo").reason is Reason.WHOLE_POST
    assert judge("can't pay the rent", post="I can't pay the rent").accepted, "a short post can be quoted in part"


def test_a_post_a_need_and_an_id_must_be_known_and_the_second_of_one_id_is_not_kept():
    claim = Claim("m", "p", None, 1, (Quote("about rent"),))
    gate = Gate({"p": POST}, open_taxonomy())
    verdicts = list(
        gate.judge([claim._replace(post="q"), claim, Malformed("x"), claim._replace(id="n", need="zzz"), claim._replace(id=7, need="card_balance", level=3)])
    )
    assert [verdict.reason for verdict in verdicts] == [Reason.UNKNOWN_POST, Reason.DUPLICATE_ID, Reason.MALFORMED, Reason.UNKNOWN_NEED, None]
    assert [verdict.id for verdict in verdicts] == ["m", "m", "x", "n", 7]


@pytest.mark.parametrize(("level", "known"), [(1, True), (7, True), ("3", True), ("debt_credit", True), (0, False), (8, False), ("debts", False)])
def test_a_level_is_one_of_the_taxonomy(level, known):
    assert judge("about rent", level=level).accepted is known


def test_without_a_taxonomy_the_id_of_a_need_is_not_checked_and_that_is_said():
    verdict = judge("about rent", need="of_my_own", level=None)
    assert (verdict.accepted, verdict.notes) == (True, (Note.NEED_UNCHECKED,))


def test_a_quotation_right_behind_a_negation_is_noted_and_not_rejected():
    assert judge("worried about rent").notes == (Note.NEGATION_CUT,)
    assert judge("worried about rent", post="I never worried about rent here").notes == (Note.NEGATION_CUT,)
    assert judge("付房租的钱", post="我没有付房租的钱，不付房租的钱").notes == (Note.REPEATED,)
    assert judge("so I do", post="well so I do not pay it").notes == (Note.NEGATION_CUT,)
    assert judge("am not worried", post=POST).notes == ()


def test_wrong_offsets_are_corrected_and_that_is_said():
    start = POST.index("about")
    assert judge(Quote("about rent", start, start + 10)).notes == ()
    assert judge(Quote("about rent", 0, 4)).notes == (Note.OFFSETS_CORRECTED,)
    assert judge(Quote("about rent", 10**9, -4)).notes == (Note.OFFSETS_CORRECTED,)
    assert judge(Quote("about rent", start, None)).notes == ()
    assert judge(Quote(None, start, start + 10)).spans == judge("about rent").spans


def test_of_several_places_the_nearest_to_the_offsets_or_else_to_the_other_quotations_is_chosen():
    post = "pay the rent, feed the cat, pay the rent, call the bank, pay the rent"
    places = [match.start() for match in re.finditer("pay the rent", post)]
    chosen = judge(Quote("pay the rent", places[2] - 1, None), post=post)
    assert (chosen.spans[0].start, chosen.notes) == (places[2], (Note.OFFSETS_CORRECTED, Note.REPEATED))
    assert judge("pay the rent", "feed the cat", post=post).spans[0].start == places[0]
    assert judge("bank, pay", "pay the rent", post=post).spans[1].start == places[2]
    assert judge("pay the rent", post=post).spans[0].start == places[0]


@given(WRITINGS, st.data())
def test_whatever_is_accepted_is_verbatim(post, data):
    start, end = data.draw(st.integers(0, len(post))), data.draw(st.integers(0, len(post)))
    quote = data.draw(st.sampled_from([post[start:end], normalise(post[start:end]).text, "家賃が"]))
    verdict = judge(quote, post=f"a {post} b 5 rents")
    for span in verdict.spans:
        assert f"a {post} b 5 rents"[span.start : span.end] == span.text
        assert normalise(span.text).text == normalise(quote).text


@given(st.sampled_from(INVENTED), st.data())
def test_every_stretch_of_whole_words_of_a_post_is_found_where_it_stands(post, data):
    words = [match.span() for match in re.finditer(r"\S+", post)]
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(len(words) - 1, first + 11)))
    start, end = words[first][0], words[last][1]
    verdict = judge(Quote(post[start:end], start, end), post=f"{post} {' '.join(['and more'] * 30)}")
    assert verdict.reason in (None, Reason.TOO_SHORT)
    assert all((span.start, span.end) == (start, end) for span in verdict.spans)


@given(WRITINGS)
def test_a_normal_form_is_its_own_and_leads_back(text):
    normal = normalise(text)
    assert normalise(normal.text).text == normal.text
    assert list(normal.starts) == sorted(normal.starts)
    assert len(normal.starts) == len(normal.text) + 1
    assert not any(char.isdecimal() for char in normal.text) or any(char.isdecimal() for char in text)
    assert [int(char) for char in normal.text if char.isdecimal()] == [int(char) for char in text if char.isdecimal()]


def test_the_normal_form_of_every_letter_is_nfkc():
    for code in (*range(0x20, 0x3000), *range(0xA000, 0x10000)):
        char = chr(code)
        if unicodedata.category(char)[0] == "L" and char not in "ŉʼ":
            expected = unicodedata.normalize("NFKC", char)
            assert normalise(f"b{char}").text in (f"b{expected}", f"b{char}", unicodedata.normalize("NFKC", f"b{char}"))


def test_what_composes_with_the_character_before_it_is_never_cut_from_it():
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            text = "".join(chr(int(part, 16)) for part in parts)
            assert len(set(normalise(text).starts[:-1])) == 1, parts


def test_marks_without_end_are_put_in_order_a_few_at_a_time():
    starts = normalise("e" + "\u0301\u0323" * 5_000).starts
    assert max(np.diff(np.asarray(starts))) <= 64


def test_a_post_is_normalised_once_and_each_place_is_looked_at_once(monkeypatch):
    normalised: list[int] = []
    looked: list[int] = []
    monkeypatch.setattr(posts, "normalise", lambda text: normalised.append(len(text)) or normalise(text))
    monkeypatch.setattr(posts, "is_edge", lambda normal, place: looked.append(place) or edges.is_edge(normal, place))
    words = [f"word{number % 977} of rent" for number in range(50_000)]
    post = " ".join(words)
    gate = Gate({"p": post})
    for number in range(100):
        assert gate.check(Claim(number, "p", None, 1, (Quote(" ".join(words[number : number + 5])),))).accepted
    assert normalised == [len(post)]
    assert len(looked) <= 100 * 2 * (50_000 // 977 + 1)


def test_a_line_is_read_whatever_it_is():
    assert parse_claim('{"id": 1, "post_id": 2, "need_id": "n", "evidence": {"text": "a b", "start": "x", "end": 3}}') == Claim(
        1, "2", "n", None, (Quote("a b", None, 3),)
    )
    assert parse_claim('{"id": "a", "post_id": "p", "level": 1}') == Claim("a", "p", None, 1, ())
    malformed = [
        "",
        "{",
        "[1]",
        "null",
        "[" * 100_000,
        '{"id": "a"}',
        '{"id": true, "post_id": "p", "level": 1}',
        '{"id": "a", "post_id": "p", "level": 1, "evidence": [3]}',
        b"\xff",
    ]
    assert [type(parse_claim(line)) for line in malformed] == [Malformed] * len(malformed)
    assert parse_claim('{"id": "a", "post_id": "p"}') == Malformed("a")


def test_a_mention_of_our_own_is_a_claim_like_any_other():
    span = Span(start=17, end=27, text="about rent")
    mention = NeedMention(
        id="m", post="p", need="housing_at_risk", level="survival", polarity=Polarity.LACK, evidence=(span,), confidence=1, extractor="rules", prompt_hash=""
    )
    assert Gate({"p": POST}, open_taxonomy()).check(claim_of(mention)).spans == (span,)


def test_a_span_is_as_long_as_its_text():
    with pytest.raises(ValueError, match="as long as"):
        Span(start=0, end=3, text="ab")


def test_half_a_surrogate_pair_is_only_a_sign_that_cannot_be_read(tmp_path):
    (tmp_path / "posts.jsonl").write_text('{"id": "p", "text": "the rent \\ud83d is due and more"}\n')
    read = posts.read_posts(tmp_path / "posts.jsonl")
    claim = parse_claim('{"id": "m", "post_id": "p", "level": 1, "evidence": ["rent \\ud83d is due"]}')
    assert isinstance(claim, Claim)
    assert Gate(read).check(claim).spans[0].text == "rent \ufffd is due"


def told(texts, each):
    """How often plants are told for what they are, and with which reasons leaks and whole posts are rejected."""
    scores = measure(*plant(texts, np.random.default_rng(0), each))
    reasons = {kind: {reason for score in scores if score.kind == kind for reason in score.reasons} for kind in ("example leak", "whole post")}
    return dict(overall(scores)), reasons


def test_planted_fakes_are_caught_and_true_evidence_is_kept_in_made_up_posts():
    shares, reasons = told(posts_of(), 60)
    assert shares["recall"] == 1
    assert shares["false_rejects"] <= 0.005
    assert reasons == {"example leak": {"example_leak"}, "whole post": {"whole_post"}}


@pytest.mark.data
def test_planted_fakes_are_caught_and_true_evidence_is_kept_in_public_posts(data):
    shares, reasons = told(posts_of(data / "posts"), 150)
    assert shares["recall"] == 1
    assert shares["false_rejects"] <= 0.005
    assert reasons == {"example leak": {"example_leak"}, "whole post": {"whole_post"}}
