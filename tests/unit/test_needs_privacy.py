"""Personal data: what is replaced, what is left, and what of it a table or a name may tell."""

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import OutputError
from broadsheet.core.home import home
from broadsheet.needs.bench.personal import KINDS, measure_personal, plant_personal
from broadsheet.needs.pii import Kind, is_chinese_id, is_spanish_id
from broadsheet.needs.privacy import scrub
from broadsheet.needs.pseudonyms import author_key, pseudonym
from broadsheet.needs.suppression import suppress

LEFT = """I owe $12,500.50 and the 401k has 250000
my credit score fell from 712 to 640
I'm 34 and my wife is 36
from 2019 to 2023-2024 we paid 4.5% on 30 years
15 USC 1681s-2, section 609, 12 CFR 1026.13, Public Law 111-203, Order No. 2020-15, Chapter 7
paid 500 on 03/12/2024 and closed on March 5, 2021
we make 120,000 a year, or 600 123 456 pesos, or 500 000 EUR
my account was charged 2,500 and is overdrawn by 500
Dear Sir or Madam, hi everyone, regards
5 years on the road, 20 minutes drive, two blocks down the street
Roth IRA, S&P 500, form 1099, a 529 plan, VTI 60 / VXUS 40, the 50/30/20 rule
my pin is blocked and the password is wrong
loan: 250000, mortgage is 300000, checking: 150000, my savings account was 120000 once
ein 50000 Kredit, ni 100000 ni 200000, vivo sin 1500000 ahorrados
version 10.0.0.1, from 10:30 to 11:45, ratio 1.5:1
I was born in 1985 and it costs 1500-2000 dollars
My last name has changed and I use r/personalfinance
My take home is 4200 a month and rent is 1850
I have 35k in savings, 120k in my 401k and owe 18,400 at 6.8%
Credit score 640-680, age 29, in Texas
Bought the house in 2016 for 310000, worth 455000 now
Filed Chapter 7 in 2011, discharged 04/2012
The Fed raised rates by 0.25 on July 26, 2023
Section 8 housing and SNAP cut to 281
We pay $1,234.56 on the 1st and 15th
I'm 62, she is 59, pension of 2,300/month
The loan was 250,000 over 360 months at 3.125%
Got a call from the bank, number withheld
I make 17.50 an hour, 40 hours, 52 weeks
Hi all, Dear Reddit, Thanks Everyone
Thanks in advance! Best
My account balance is 15000 and my card limit is 20000
card payment of 1500 was declined on 5 March
transfer 2000 to my account on 12/05
PIN not working, code never arrived
The ATM gave 100 instead of 200
My password does not work since 2022
Called 5 times in 2 weeks: 3 agents, 4 answers
Vanguard 2055 fund, 80/20 split, expense ratio 0.08
IRS form 1040, Schedule C, line 31, 2022
Public service loan forgiveness after 120 payments
Roughly 1000000 by 65, or 1 million
Rule 72(t), Reg E, 12 CFR 1005.11
ID verification failed
I live on the third floor and drive 20 miles
From 9 to 5, 7 days, 24/7 support
my wife and I, my dad is ill, my boss said no
owes 3 months, 1 200 € per month, 14 400 € a year
2 500 000 yen, 500.000 Euro, 12.500,50 €
between 2010-2015 and 2016-2020
Type 2 diabetes, COVID-19, Q3 2024
top up by 50 and 100, 3rd time
100 Main problem is debt
I owe Chase 5000, Amex 3000, Discover 1200
Case closed 2021. Account opened 2015.
Line of credit 15 000, HELOC 60 000""".splitlines()


@pytest.mark.parametrize("text", LEFT)
def test_money_years_shares_scores_ages_dates_and_laws_are_left(text):
    assert scrub(text).text == text


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("card 4111111111111111. Item 4111111111111112", "card [CARD]. Item [ACCOUNT]"),
        ("card ４１１１-１１１１-１１１１-１１１１!", "card [CARD]!"),
        ("to GB82 WEST 1234 5698 7654 32 They", "to [IBAN] They"),
        ("mail a\u200bna@example.org.", "mail [EMAIL]."),
        ("from 203.0.113.9 and 2001:db8::1, at 10:30:45", "from [IP] and [IP], at 10:30:45"),
        ("from 999.0.113.9", "from 999.0.113.9"),
        ("see https://bank.example.org/help?page=2 or https://a.example.org/x?token=abc", "see https://bank.example.org/help?page=2 or [URL]"),
        ("the DNI 12345678Z", "the DNI [ID]"),
        ("the part 12345678A", "the part 12345678A"),
        ("身份证11010519491231002X。", "身份证[ID]。"),
        ("DOB: 14/03/1985, hired 14/03/2015", "DOB: [BORN], hired 14/03/2015"),
        ("Dear Ms. O’Rourke,\nmy name is ana ruiz and I owe", "Dear Ms. [NAME],\nmy name is [NAME] and I owe"),
        ("我叫王小明，欠房租", "我叫[NAME]，欠房租"),
        ("password: hunter2, PIN 4821", "password: [SECRET], PIN [SECRET]"),
    ],
)
def test_personal_data_become_what_they_are(text, scrubbed):
    assert scrub(text).text == scrubbed


def test_two_national_numbers_have_their_checks():
    assert [is_spanish_id("12345678Z"), is_spanish_id("12345678A")] == [True, False]
    assert [is_chinese_id("11010519491231002X"), is_chinese_id("110105194912310021")] == [True, False]


def test_planted_personal_data_are_found():
    recalls = measure_personal(plant_personal(np.random.default_rng(20_260_209), 40))
    assert len(recalls) == len(KINDS) >= 15
    assert sum(one.found for one in recalls) >= 0.98 * sum(one.planted for one in recalls)
    assert all(one.found >= 0.9 * one.planted for one in recalls), "no kind is left behind"


def test_what_is_written_by_hand_is_found():
    lines = (Path(__file__).parent / "personal_writings.txt").read_text(encoding="utf-8").splitlines()
    missed = []
    for line in lines:
        before, value, after = re.split(r"\{\{|\}\}", line)
        start, end = len(before), len(before) + len(value)
        gone = {place for one in scrub(before + value + after).replaced for place in range(one.start, one.end)}
        missed += [line] if any(char.isalnum() and place not in gone for place, char in zip(range(start, end), value, strict=True)) else []
    assert len(missed) <= 0.02 * len(lines), missed


@pytest.mark.data
def test_hardly_anything_in_public_posts_is_taken_for_personal(data):
    with (data / "posts" / "banking77" / "train.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    with (data / "posts" / "cfpb_narratives_14llm.csv").open(encoding="utf-8") as file:
        texts += [row["narrative"] for row in csv.DictReader(file)]
    taken = [(one.kind, text[one.start : one.end]) for text in texts for one in scrub(text).replaced]
    assert len(taken) <= len(texts) / 1_000, taken


@given(
    st.lists(
        st.sampled_from(["I owe ", "ana@example.org", " 203.0.113.9 ", "5", "\n", "家賃", "e\u0301", "@ana_r", "👍🏽", " and ", "+44 20 7946 0958"]),
        max_size=12,
    ),
    st.data(),
)
def test_places_lead_from_one_text_to_the_other_and_back(parts, data):
    text = "".join(parts)
    scrubbed = scrub(text)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    new = scrubbed.from_original(start, end)
    back = scrubbed.to_original(*new)
    inside = [one for one in scrubbed.replaced if one.start < end and start < one.end]
    assert back == (min([start, *(one.start for one in inside)]), max([end, *(one.end for one in inside)]))
    if not inside:
        assert scrubbed.text[slice(*new)] == text[start:end]
    for one in scrubbed.replaced:
        assert scrubbed.text[one.new_start : one.new_end] == f"[{one.kind}]"
        assert scrubbed.from_original(one.start, one.end) == (one.new_start, one.new_end)
        assert scrubbed.to_original(one.new_start, one.new_end) == (one.start, one.end)


@given(st.text(max_size=60))
def test_any_text_can_be_scrubbed_and_what_is_not_replaced_stays(text):
    scrubbed = scrub(text)
    kept = [text[end:start] for end, start in itertools.pairwise([0, *itertools.chain(*((one.start, one.end) for one in scrubbed.replaced)), len(text)])][::2]
    assert "".join(kept) == scrubbed.text if not scrubbed.replaced else all(part in scrubbed.text for part in kept)


def test_a_placeholder_is_not_scrubbed_again():
    once = scrub("my name is Ana Ruiz, ana@example.org, PIN 4821, card 4111111111111111").text
    assert scrub(once).text == once
    assert scrub("PIN: 4821, PIN: 4822").counts() == {Kind.SECRET: 2}


def test_the_key_of_authors_is_made_once_and_is_the_users_alone():
    key = author_key()
    path = home() / "authors.key"
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    assert author_key() == key
    assert [entry.name for entry in home().iterdir()] == ["authors.key"]
    assert len(pseudonym("ana", key)) == 16
    assert pseudonym("ana", key) == pseudonym("ana", author_key()) != pseudonym("Ana", key)


def test_a_key_that_cannot_be_kept_is_two_lines(monkeypatch):
    author_key()
    (home() / "authors.key").write_bytes(b"short")
    with pytest.raises(OutputError, match="not the key"):
        author_key()
    monkeypatch.setenv("BROADSHEET_HOME", "/proc/nobody")
    with pytest.raises(OutputError, match="cannot be kept"):
        author_key()


def possible(counts, masked, k) -> list[set[int]]:
    """Every value that each masked cell may have, by trying all tables with the margins that are shown: the oracle."""
    cells = list(zip(*np.nonzero(masked), strict=True))
    found: list[set[int]] = [set() for _ in cells]
    shown = [~(masked.all(axis=axis) & (counts.sum(axis=axis) < k)) for axis in (0, 1)]
    for values in itertools.product(range(k + 4), repeat=len(cells)):
        table = np.where(masked, 0, counts)
        for cell, value in zip(cells, values, strict=True):
            table[cell] = value
        if all((table.sum(axis=axis) == counts.sum(axis=axis))[shown[axis]].all() for axis in (0, 1)):
            for seen, value in zip(found, values, strict=True):
                seen.add(value)
    return found


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(2, 3))
def test_no_masked_cell_of_a_table_follows_from_its_margins(values, k):
    counts = np.array(values).reshape(2, 2)
    masked = np.ma.getmaskarray(suppress(counts, k))
    assert not ((counts > 0) & (counts < k) & ~masked).any()
    assert all(len(seen) > 1 for seen in possible(counts, masked, k))


@given(st.integers(0, 10_000))
def test_no_masked_cell_of_a_larger_table_follows_where_every_cell_holds_somebody(seed):
    counts = np.random.default_rng(seed).integers(1, 30, (5, 4))
    masked = np.ma.getmaskarray(suppress(counts))
    margins = [*np.eye(5, dtype=int)[:, :, None] * np.ones((1, 1, 4), int), *np.eye(4, dtype=int)[:, None, :] * np.ones((1, 5, 1), int)]
    system = np.array([margin[masked] for margin in margins])
    for cell in np.eye(masked.sum()):
        assert np.linalg.matrix_rank(np.vstack([system, cell])) > np.linalg.matrix_rank(system)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_a_list_shows_no_small_cell_and_hides_at_least_k_people_or_everybody(values):
    counts = np.array(values)
    masked = np.ma.getmaskarray(suppress(counts))
    assert not ((counts > 0) & (counts < 5) & ~masked).any()
    assert not masked.any() or masked.all() or (masked.sum() > 1 and counts[masked].sum() >= 5)
    assert masked.any() == ((counts > 0) & (counts < 5)).any()
