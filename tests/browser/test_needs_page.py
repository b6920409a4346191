"""The page of needs in Debian's Chromium, the network cut off: no request, no accessibility fault, nothing wider than the screen."""

import numpy as np
import polars as pl
import pytest
from tests.browser.conftest import axe_faults, quiet_page

from broadsheet.core.schema import Columns
from broadsheet.needs.bench.planted import planted
from broadsheet.needs.claims import Claim, Quote
from broadsheet.needs.facts import Facts
from broadsheet.needs.hierarchy.infer import Evidence, infer
from broadsheet.needs.hierarchy.inputs import said
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.records import PersonFact, Span
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.needs.view.build import Beside, sheet
from broadsheet.needs.view.files import write_view
from broadsheet.needs.view.quotes import Said
from broadsheet.needs.view.sheet import Theme, ThemeLevel

WORDS = (
    "Pneumonoultramicroscopicsilicovolcanoconiosis" * 6 + " bills every month",
    "家賃が払えません。来月も無理です。" * 8,
    "لا أستطيع دفع الإيجار هذا الشهر وأخاف من الطرد",
    "<img src=https://example.org/x.png><script>document.title='x'</script> rent & <b>rent</b> again",
    "😭👩🏽‍💻 rent is due 🇫🇷 tomorrow",
)


def written(folder, world, people, *, taxonomy):
    """Write a view of a planted world whose people come to higher levels later, or, in the small one, in no order; texts are awkward on purpose."""
    made, names = planted(world, people, 5), [level.id for level in taxonomy.levels]
    draw = np.random.default_rng(2)
    posts, texts, claims, facts = [], {}, [], []
    for person, count in enumerate(made.posts.astype(int)):
        for place in range(count):
            name, word = f"p{person}-{place}", WORDS[(person + place) % len(WORDS)]
            texts[name] = f"I am 30. {word} Number {place} of {person}, and any advice is welcome."
            posts.append((name, f"author {person}", 1_600_000_000 + 30_000_000 * place // count, said(texts[name])))
        facts.append(
            (f"p{person}-0", PersonFact(kind="income", value=1000.0 + 90 * person, currency="EUR", period="month", span=Span(start=0, end=7, text="I am 30")))
        )
        for level, times in enumerate(made.mentions[person]):
            for time in range(min(times, 2)):
                place = int(np.clip(draw.normal((level + 1) / 8 * count, (0.2 if world == "cumulative" else 5) * count), 0, count - 1))
                claims.append(Claim(f"{person}-{level}-{time}", f"p{person}-{place}", None, names[level], (Quote(WORDS[(person + place) % len(WORDS)]),)))
    frame = pl.DataFrame(posts, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")
    mentions = pl.DataFrame([(one.post, one.level) for one in claims], schema=[Columns.POST, Columns.LEVEL], orient="row")
    told = Facts(facts, {}) if people > 50 else None
    firsts = [(f"author {person}", person % 3, 4 + person % 3) for person in range(people)]
    found = infer(frame, mentions, names, AnalysisPlan(draws=99, resamples=100), evidence=Evidence(claims=firsts, facts=told))
    themes = (Theme(name="A theme", words=("rent", "due"), people=people, stability=0.8),) if people > 50 else ()
    levels = [ThemeLevel(theme="A theme", level=name, people=people // 2, share=0.5, low=0.4, high=0.6) for name in names if themes]
    beside = Beside(frame, mentions, Said(claims, texts), told, themes, levels)
    write_view(folder, sheet(found, taxonomy, beside, inputs={"posts": "0" * 64}, left_out={"malformed": 1}))
    return folder / "needs.html"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder, taxonomy = tmp_path_factory.mktemp("needs"), open_taxonomy()
    long = taxonomy.levels[2].model_copy(update={"name": "Unbreakable" * 9})
    awkward = taxonomy.model_copy(update={"levels": (*taxonomy.levels[:2], long, *taxonomy.levels[3:])})
    return {
        "cumulative": written(folder / "cumulative", "cumulative", 120, taxonomy=taxonomy),
        "awkward": written(folder / "awkward", "unfolding", 40, taxonomy=awkward),
        "few": written(folder / "few", "verbosity", 3, taxonomy=taxonomy),
    }


def opened(context, path):
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    return page


@pytest.mark.parametrize("which", ["cumulative", "awkward", "few"])
def test_no_request_no_script_no_overflow_no_console_message(look, pages, which):
    page = quiet_page(look.new_page(), pages[which].as_uri())
    assert page.locator("img").count() == 0
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("which", ["cumulative", "few"])
def test_axe_finds_nothing(look, pages, which):
    assert axe_faults(opened(look, pages[which])) == ""


def test_bars_are_as_wide_as_shares_and_the_lowest_level_is_at_the_bottom(browser, pages):
    page = opened(browser.new_context(viewport={"width": 1200, "height": 900}, offline=True), pages["cumulative"])
    widths = page.evaluate("[...document.querySelectorAll('.pyramid .bar')].map(b => b.getBoundingClientRect().width)")
    shares = page.evaluate("[...document.querySelectorAll('.pyramid strong data')].map(d => Number(d.value))")
    assert shares == sorted(shares)
    assert [width / widths[-1] for width in widths] == pytest.approx([share / shares[-1] for share in shares], rel=0.02)
    orders = page.evaluate("[...document.querySelectorAll('.pyramid .order')].map(d => Number(d.textContent))")
    assert orders == [7, 6, 5, 4, 3, 2, 1]
    page.context.close()


def test_a_keyboard_opens_quotations_and_each_tells_what_is_said(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["cumulative"].as_uri())
    second = page.locator("details.quotes").nth(1)
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    assert second.locator("mark").first.is_visible()
    context.close()


def test_print_shows_what_is_folded(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["cumulative"].as_uri())
    page.emulate_media(media="print")
    assert page.locator("details.quotes blockquote").last.bounding_box()["height"] > 0
    context.close()
