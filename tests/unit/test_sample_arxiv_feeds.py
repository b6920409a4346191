"""What the double of arXiv writes in its feeds and listings, read back field by field."""

import sys
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from arxiv_days import FRIDAY, MONDAY, SPACES, THURSDAY, ListPage, all_told, days, listed, told, tree

from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv import DayList, Listed, api, feeds, oai
from broadsheet.sample.arxiv.archive import Archive, Entry
from broadsheet.sample.arxiv.hours import rebuilt_at
from broadsheet.sample.arxiv.listing import listing
from broadsheet.sample.arxiv.names import joined, with_tex
from broadsheet.sources.feeds import parse_feed
from broadsheet.sources.names import split_names

WRITERS = {"rss": feeds.rss, "atom": feeds.atom}


def page(entries, categories=("cs.IR",), day=MONDAY, fault=""):
    built = rebuilt_at(day)
    return feeds.Page(categories, f"http://127.0.0.1/rss/{'+'.join(categories)}", built, built, entries, fault)


def of(paper: Listed, form: str):
    """Return the paper's announcement as our reader finds it in a feed."""
    ((one,)) = parse_feed(WRITERS[form](page([Entry(paper, paper.kind, paper.label)], paper.lists, paper.label)), form).announcements
    return one


@pytest.mark.parametrize("form", WRITERS)
def test_our_reader_gets_every_field_back(form):
    batch = Archive(days()).batch(MONDAY, ["cs.IR", "cs.CL"])
    feed = parse_feed(WRITERS[form](page(batch, ("cs.IR", "cs.CL"))), form)
    assert (feed.label, feed.lists) == (MONDAY, ("cs.IR", "cs.CL"))
    assert [a.item.id for a in feed.announcements] == [entry.paper.id for entry in batch]
    for announced, entry in zip(feed.announcements, batch, strict=True):
        item, paper = announced.item, entry.paper
        assert (item.title, item.text, item.creators, item.categories) == (paper.title, paper.text, paper.creators, paper.categories)
        assert (item.version, item.url, item.announced) == (paper.version, f"https://arxiv.org/abs/{paper.id}", MONDAY)
        assert announced.kind == entry.kind


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_optional_is_there_where_the_day_file_has_it(form):
    cross = next(paper for paper in days()[1].papers if paper.doi)
    stated = of(cross, form).item.attributes
    assert stated == {"doi": "10.5555/x", "journal": "J. Lamps 3", "licence": "http://cc/by", "creators_verbatim": r"Ana Ruiz, Ond\v{r}ej W\'ojcik"}
    plain = WRITERS[form](page([Entry(listed(1), Announce.NEW, MONDAY)])).decode()
    assert "arxiv:DOI" not in plain
    assert "arxiv:journal_reference" not in plain
    assert "<arxiv:comment" not in plain


def test_the_channel_of_rss_is_in_the_documented_form():
    root = tree(feeds.rss(page(Archive(days()).batch(MONDAY, ["cs.IR"]))))
    (channel,) = root
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    heads = [child.tag.rpartition("}")[2] for child in channel if child.tag != "item"]
    assert heads == "title link description link docs language lastBuildDate managingEditor pubDate skipDays".split()
    assert told(channel, "title") == "cs.IR updates on arXiv.org"
    assert told(channel, "description") == "cs.IR updates on the arXiv.org e-print archive."
    assert channel.find("atom:link", SPACES).get("rel") == "self"
    assert all_told(channel, "skipDays/day") == ["Sunday", "Saturday"]
    assert told(channel, "lastBuildDate") == "Mon, 09 Mar 2026 04:00:00 +0000"
    assert told(channel, "pubDate") == "Mon, 09 Mar 2026 00:00:00 -0400"


def test_an_item_of_rss_is_in_the_documented_form():
    item = tree(feeds.rss(page([Entry(listed(7, text="A $x < y$."), Announce.CROSS, MONDAY)]))).find("channel/item")
    assert [child.tag.rpartition("}")[2] for child in item] == "title link description guid category pubDate announce_type rights creator".split()
    assert told(item, "description") == "arXiv:2603.90007v1 Announce Type: cross \nAbstract: A $x < y$."
    assert told(item, "guid") == "oai:arXiv.org:2603.90007v1"
    assert item.find("guid").get("isPermaLink") == "false"
    assert told(item, "dc:creator") == r"Ana Ruiz, Ond\v{r}ej W\'ojcik"
    assert told(item, "arxiv:announce_type") == "cross"
    assert parsedate_to_datetime(told(item, "pubDate")).isoformat() == "2026-03-09T00:00:00-04:00"


def test_an_entry_of_atom_is_in_the_recorded_form():
    root = tree(feeds.atom(page([Entry(listed(7), Announce.NEW, FRIDAY)], day=FRIDAY)))
    entry = root.find("atom:entry", SPACES)
    assert [child.tag.rpartition("}")[2] for child in root][:5] == ["id", "title", "updated", "link", "subtitle"]
    assert [child.tag.rpartition("}")[2] for child in entry] == "id title updated link summary category published announce_type rights creator".split()
    assert told(entry, "atom:id") == "oai:arXiv.org:2603.90007v1"
    assert told(entry, "atom:published") == "2026-03-06T00:00:00-05:00"
    assert entry.find("atom:category", SPACES).get("term") == "cs.IR"
    assert datetime.fromisoformat(told(root, "atom:updated")) == rebuilt_at(FRIDAY)


@pytest.mark.parametrize("form", WRITERS)
def test_a_day_without_papers_is_a_feed_without_items(form):
    feed = parse_feed(WRITERS[form](page([], day=date(2026, 3, 8))), form)
    assert (feed.announcements, feed.lists, feed.label) == ((), ("cs.IR",), date(2026, 3, 8))


def test_the_order_is_new_cross_replace_replace_cross_and_each_paper_stands_once():
    batch = Archive(days()).batch(MONDAY, ["cs.IR"])
    assert [entry.kind for entry in batch] == [Announce.NEW] * 6 + [Announce.REPLACE] * 2 + [Announce.REPLACE_CROSS]
    both = Archive(days()).batch(FRIDAY, ["cs.IR", "cs.CL"])
    assert sorted(entry.paper.id for entry in both) == ["2603.90002", "2603.90003", "2603.90004"]


@pytest.mark.parametrize(
    ("lists", "categories", "kind", "asked", "told"),
    [
        (("cs.CL", "cs.IR"), ("cs.CL", "cs.IR"), Announce.NEW, ["cs.CL"], Announce.NEW),
        (("cs.CL", "cs.IR"), ("cs.CL", "cs.IR"), Announce.NEW, ["cs.IR"], Announce.CROSS),
        (("cs.CL", "cs.IR"), ("cs.CL", "cs.IR"), Announce.NEW, ["cs.IR", "cs.CL"], Announce.NEW),
        (("cs.CL", "cs.IR"), ("cs.CL", "cs.IR"), Announce.NEW, ["cs"], Announce.NEW),
        (("cs.IR",), ("stat.ML", "cs.IR"), None, ["cs.IR"], Announce.CROSS),
        (("cs.IR",), ("stat.ML", "cs.IR"), Announce.NEW, ["cs.IR"], Announce.NEW),
        (("cs.IR",), (), None, ["cs.IR"], Announce.NEW),
        (("cs.IR",), ("cs.IR",), Announce.CROSS, ["cs.IR"], Announce.CROSS),
        (("cs.IR",), ("cs.IR",), Announce.WITHDRAWN, ["cs.IR"], Announce.REPLACE),
        (("cs.IR",), ("stat.ML", "cs.IR"), Announce.WITHDRAWN, ["cs.IR"], Announce.REPLACE_CROSS),
        (("cs.CL", "cs.IR"), ("cs.CL", "cs.IR"), Announce.REPLACE, ["cs.IR"], Announce.REPLACE_CROSS),
    ],
)
def test_how_a_paper_is_announced_depends_on_the_list(lists, categories, kind, asked, told):
    from broadsheet.sample.arxiv.archive import kind_on

    assert kind_on(listed(1, lists=lists, categories=categories, kind=kind), asked) is told


def test_the_listing_states_its_date_and_counts_by_section():
    batch = Archive(days()).batch(MONDAY, ["cs.IR"])
    read = ListPage(listing("cs.IR", MONDAY, batch).decode())
    assert read.headings == [
        "Showing new listings for Monday, 9 March 2026",
        "New submissions (showing 6 of 6 entries)",
        "Replacement submissions (showing 3 of 3 entries)",
    ]
    assert read.ids == [entry.paper.id for entry in batch]
    assert read.texts["paging"] == ["Total of 9 entries\n"]
    titles = [" ".join(text.split()).removeprefix("Title: ") for text in read.texts["list-title"]]
    assert titles == [entry.paper.title for entry in batch]
    assert "This paper has been withdrawn by the authors" in read.texts["list-comments"][-1] + read.texts["list-comments"][-2]


def test_the_listing_replaces_addresses_and_pages_through_sections():
    paper = listed(1, text="Code at https://code.example.org/x?a=1&b, see (http://data.example.org/y).")
    text = listing("cs.IR", MONDAY, [Entry(paper, Announce.NEW, MONDAY)]).decode()
    (abstract,) = ListPage(text).texts["mathjax"]
    assert abstract.strip() == "Code at this https URL, see (this https URL)."
    assert 'href="https://code.example.org/x?a=1&amp;b"' in text
    part = ListPage(listing("cs.IR", MONDAY, Archive(days()).batch(MONDAY, ["cs.IR"]), skip=4, show=3).decode())
    assert part.headings[1:] == ["New submissions (showing 2 of 6 entries)", "Replacement submissions (showing 1 of 3 entries)"]
    assert len(part.ids) == 3
    assert ListPage(listing("cs.IR", MONDAY, []).decode()).headings == ["Showing new listings for Monday, 9 March 2026"]


ODD = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.lists(
        st.sampled_from(
            [
                "<b>",
                "&amp;",
                "]]>",
                "<![CDATA[",
                "$x < y$",
                "\\mathbb{R}",
                "\\",
                '"',
                "'",
                "|",
                "\n",
                "\t",
                "汉字",
                "かな",
                "עברית",
                "عربي",
                "\u202e",
                "\x00",
                "\x0b",
                "\x85",
                "\u2028",
                "😀",
                "--",
                "?>",
                "%",
                "~",
            ]
        )
    ).map(" ".join),
)


def kept(text: str) -> str:
    """Return what of a text XML can hold, as a reader gives it back: no control characters, one kind of line end."""
    from broadsheet.sample.arxiv.markup import printable

    return printable(text)


@settings(max_examples=15)
@given(ODD, ODD, st.sampled_from(sorted(WRITERS)))
def test_odd_titles_and_texts_come_back(title, text, form):
    paper = listed(1, title=f"A{title}Z", text=f"B{text}Y")
    item = of(paper, form).item
    assert (item.title, item.text) == (kept(paper.title), kept(paper.text))


@settings(max_examples=15)
@given(ODD, ODD)
def test_odd_titles_and_texts_come_back_from_the_query_and_harvest_interfaces(title, text):
    paper = listed(1, title=f"A{title}Z", text=f"B{text}Y")
    known = Archive([DayList(MONDAY, (paper,))]).known(MONDAY)
    entry = tree(api.answer({"id_list": paper.id}, known, rebuilt_at(MONDAY)).body).find("atom:entry", SPACES)
    assert (told(entry, "atom:title"), told(entry, "atom:summary")) == (kept(paper.title), kept(paper.text))
    for form, path in (("arXivRaw", "raw:{}"), ("arXiv", "form:{}"), ("oai_dc", "dc:{}")):
        root = tree(oai.answer([("verb", "ListRecords"), ("metadataPrefix", form)], oai.Harvest(known, "", rebuilt_at(MONDAY))))
        said = [told(root, f".//{path.format(name)}") for name in ("title", "description" if form == "oai_dc" else "abstract")]
        assert ["".join(one.split()) for one in said] == ["".join(kept(one).split()) for one in (paper.title, paper.text)]


@settings(max_examples=25)
@given(ODD)
def test_control_characters_are_kept_out_and_nothing_else(text):
    assert [letter for letter in kept(text) if ord(letter) < 32 and letter not in "\t\n"] == []
    assert [letter for letter in text if letter.isprintable() and letter not in kept(text)] == []


@settings(max_examples=25)
@given(ODD)
def test_odd_titles_come_back_from_the_listing(title):
    (text,) = ListPage(listing("cs.IR", MONDAY, [Entry(listed(1, title=f"A{title}Z"), Announce.NEW, MONDAY)]).decode()).texts["list-title"]
    assert " ".join(text.split()) == " ".join(f"Title: A{kept(title)}Z".split())


LATIN = "áàâãāăȧäåőčçąéèêëěēęíìîïńñňóòôöøőŕřśšşťúùûüůűýÿźżžłŁßæœÁÖØŠŽ"


@settings(max_examples=50)
@given(st.lists(st.text(st.sampled_from("abcXYZ" + LATIN + "汉王한שلम"), min_size=1, max_size=9), min_size=1, max_size=6))
def test_names_come_back_through_their_tex_accents(names):
    assert split_names(joined(names)) == names


def test_accents_are_in_tex_in_the_feeds_as_arxiv_has_them():
    assert with_tex("Małgorzata Dvořáček") == r"Ma{\l}gorzata Dvo\v{r}\'a\v{c}ek"
    assert with_tex("Nguyễn Ærø ï İ") == r"Nguyễn {\AE}r{\o} \"{\i} \.I"


def test_names_as_the_feed_had_them_stay_so():
    paper = listed(1, verbatim=r"J. M{\"u}ller (1), A. Ruiz (2)")
    item = tree(feeds.rss(page([Entry(paper, Announce.NEW, MONDAY)]))).find("channel/item")
    assert told(item, "dc:creator") == paper.verbatim


def test_an_error_is_a_feed_that_reports_it():
    root = tree(feeds.rss(page([], ("cs.XX",), fault="Bad archive or subject class 'cs.XX'.")))
    assert told(root, "channel/title").startswith("Feed error for query: ")
    assert told(root, "channel/description") == "Bad archive or subject class 'cs.XX'."


@pytest.mark.data
def test_an_entry_of_atom_has_the_elements_of_the_recorded_ones_in_their_order(data):
    recorded = tree((data / "arxiv" / "fixtures" / "atom_cs.AI_2025-08-20.xml").read_bytes())
    cross = listed(1, label=date(2025, 8, 20), categories=("cs.CL", "cs.AI"), lists=("cs.AI",))
    ours = tree(feeds.atom(page([Entry(cross, Announce.CROSS, cross.label)], ("cs.AI",), cross.label)))
    assert ours.attrib == recorded.attrib
    assert [child.tag for child in ours][:5] == [child.tag for child in recorded][:5]
    first, ours_first = recorded.find("atom:entry", SPACES), ours.find("atom:entry", SPACES)
    assert [(child.tag, sorted(child.attrib)) for child in ours_first] == [(child.tag, sorted(child.attrib)) for child in first]
    assert told(ours_first, "atom:published") == told(first, "atom:published")
    assert told(ours_first, "atom:summary").partition(":")[2][12:45] == told(first, "atom:summary").partition(":")[2][12:45]


@pytest.mark.data
def test_rss_has_the_elements_of_the_documented_form_in_their_order(data):
    documented = tree((data / "arxiv" / "reference" / "rss-cs.IR-2026-02-09.xml").read_bytes())
    day = date(2026, 2, 9)
    ours = tree(feeds.rss(page([Entry(listed(1, label=day), Announce.NEW, day)], day=day)))
    (channel,), (wanted,) = ours, documented
    heads = [[(child.tag, sorted(child.attrib)) for child in one if child.tag != "item"] for one in (channel, wanted)]
    assert heads[0] == heads[1]
    items = [[(child.tag, sorted(child.attrib)) for child in one.find("item")] for one in (channel, wanted)]
    assert items[0] == items[1]
    assert told(channel, "pubDate") == told(wanted, "pubDate")


def test_a_label_before_and_after():
    archive = Archive(days())
    assert [archive.before(label) for label in (THURSDAY, FRIDAY, MONDAY, date(2026, 3, 7))] == [None, THURSDAY, FRIDAY, None]
