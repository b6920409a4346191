"""The report as a whole: what it promises of reasons, profiles, sections, sentences, archives."""

import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from broadsheet import sample
from broadsheet.core.packages import MINILM, Packaged
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.report.archive import read_days, write_day
from broadsheet.report.build import Day, build_report, choose_day
from broadsheet.report.model import SECTION_OF, Entry, Report
from broadsheet.report.profile import Profile, read_profile, read_reader
from broadsheet.report.ranking import Ranking, RankingConfig, rank
from broadsheet.report.render.page import report_page
from broadsheet.report.run import Request, run, run_seed
from broadsheet.sources import read_library, read_source

LABEL = date(2026, 3, 16)
WORDS_ONLY = RankingConfig(use_dense=False)
CONFIGS = [WORDS_ONLY] + ([RankingConfig()] if MINILM.is_installed() else [])


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """The sample's profiles, kept where their libraries are."""
    found = {}
    for reader in sample.READERS:
        with sample.profile_path(reader) as path:
            found[reader] = read_profile(path)
    return found


def sample_day() -> Day:
    return choose_day(sample.announcements(), None, None, LABEL)


def report_for(profile: Profile, config: RankingConfig = WORDS_ONLY, day: Day | None = None, cache=None) -> Report:
    return build_report(day or sample_day(), profile, source="sample", config=config, cache=cache, fictional=True)


def with_library(tmp_path, profile: Profile, items: list[Item]) -> Profile:
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "library.jsonl"
    path.write_text("".join(i.model_dump_json(include={"id", "title", "text", "url", "creators", "attributes"}) + "\n" for i in items))
    keywords = [{**json.loads(line), "keywords": i.attributes.get("keywords", "")} for line, i in zip(path.read_text().splitlines(), items, strict=True)]
    path.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "attributes"}) + "\n" for row in keywords))
    return profile.model_copy(update={"library": (str(path),)})


def without_term(day: Day, item: str, term: str) -> Day:
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, term.split())) + r"(?!\w)", re.IGNORECASE)

    def changed(a: Announcement) -> Announcement:
        if a.item.id != item:
            return a
        gone = {"title": pattern.sub(" ", a.item.title).strip() or "…", "text": pattern.sub(" ", a.item.text)}
        return a.model_copy(update={"item": a.item.model_copy(update=gone)})

    return Day(day.label, tuple(changed(a) for a in day.announcements))


def test_two_readers_want_different_twenty_for_different_reasons(readers):
    ines, tomasz = (report_for(readers[r]) for r in sample.READERS)
    ours, theirs = ([e.item.id for e in r.picks()] for r in (ines, tomasz))
    assert len(ours) == len(theirs) == 20
    assert len(set(ours) & set(theirs)) <= 8
    both = {e.item.id: e for e in ines.entries}
    assert all(both[e.item.id].reasons != e.reasons for e in tomasz.entries if e.reasons)


@pytest.mark.parametrize(
    ("reader", "config"),
    [(reader, config) for config in CONFIGS for reader in (sample.READERS[:1] if config.use_dense else sample.READERS)],
    ids=lambda of: of if isinstance(of, str) else "dense" if of.use_dense else "words",
)
def test_taking_away_named_evidence_lowers_the_score(readers, reader, config, tmp_path):
    library = read_library(type(tmp_path)(readers[reader].library[0]))
    profile = with_library(tmp_path / "all", readers[reader], library).model_copy(update={"budget": 1 if config.use_dense else 3})

    def ranked(less: Profile, day: Day | None = None) -> Ranking:
        return rank((day or sample_day()).announcements, read_reader(less, {}), config, tmp_path / "cache")

    whole = ranked(profile)
    tried: dict[str, int] = {}
    for row in whole.slate.rows:
        item = sample_day().announcements[row].item
        for reason in whole.reasons[row]:
            less, day = profile, sample_day()
            if reason.kind == "library":
                less = with_library(tmp_path / "less", profile, [i for i in library if i.id != reason.reference])
            elif reason.kind == "term":
                day = without_term(day, item.id, reason.text)
            elif reason.kind == "interest":
                less = profile.model_copy(update={"interests": tuple(i for i in profile.interests if i != reason.text)})
            else:
                less = profile.model_copy(update={"include": (), "follow": ()})
            lost = 1 - ranked(less.model_copy(update={"budget": 1}), day).scores[row] / whole.scores[row]
            assert lost > 0, (item.title, reason)
            if reason.kind != "term":
                assert lost == pytest.approx(reason.share, abs=2e-3), reason
            tried[reason.kind] = tried.get(reason.kind, 0) + 1
    assert tried["library"] >= profile.budget
    assert tried["term"] >= 2 * profile.budget


def test_every_key_sentence_is_a_span_of_the_stored_abstract(readers):
    report = report_for(readers["ines"])
    shown = [(e, s) for e in report.entries for s in e.key_sentences]
    assert len(shown) >= 40
    assert all(e.item.text[s.start : s.end] == s.text for e, s in shown)


def test_the_page_of_the_reference_day_has_five_new_one_cross_three_updated(data, tmp_path):
    source = str(data / "arxiv" / "reference" / "rss-cs.IR-2026-02-09.xml")
    report, _ = run(Request((source,)), tmp_path / "out")
    assert report.counts == {"new": 5, "cross": 1, "updated": 3, "withdrawn": 0}
    assert report.label == date(2026, 2, 9)
    assert report.ranked_by == "the order announced"


def test_the_reference_form_takes_any_profile_and_any_day(data, tmp_path):
    source = str(data / "arxiv" / "daily")
    (tmp_path / "all.toml").write_text("")
    everything = run_seed(Request((source,), profile=str(tmp_path / "all.toml"), wanted=date(2026, 2, 10)))
    assert everything.startswith("# arXiv Daily Report - 10-Feb-2026\n")
    assert everything.count("\n") == 4 + 547
    (tmp_path / "graph.toml").write_text('only = "included"\n[[include]]\nphrase = "graph"\nfield = "title"\ninside_words = true\n')
    some = run_seed(Request((source,), profile=str(tmp_path / "graph.toml"), wanted=date(2026, 2, 10)))
    rows = some.splitlines()[4:]
    assert rows
    assert all("graph" in row.split("|")[1].lower() for row in rows)


def test_the_newest_version_is_compared_with_the_one_the_store_kept(tmp_path):
    def feed(version: int, kind: str, title: str, day: str) -> str:
        path = tmp_path / f"{day}.jsonl"
        path.write_text(json.dumps({"id": f"2511.05885v{version}", "title": title, "abstract": "One token.", "announced": day, "announce_type": kind}) + "\n")
        return str(path)

    run(Request((feed(1, "new", "A remarkably efficient paradigm", "2026-03-16"),)), tmp_path / "out")
    report, _ = run(Request((feed(3, "replace", "An item is worth one token", "2026-03-18"),)), tmp_path / "out")
    (entry,) = report.entries
    assert entry.section == "updated"
    assert entry.changes[0].since_version == 1
    assert [r.label.day for r in read_days(tmp_path / "out")] == [18, 16]


def test_a_rerun_replaces_its_day_and_gives_the_same_bytes(tmp_path):
    request = Request(settings=("ranking.use_dense=false",))
    _, page = run(request, tmp_path / "out")
    first = {p.relative_to(tmp_path): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    (page.parent / "stale.txt").write_text("left from before")
    run(request, tmp_path / "out")
    second = {p.relative_to(tmp_path): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert first == second
    assert json.loads((tmp_path / "out" / "index.json").read_text())["days"][0]["label"] == "2026-03-16"


def test_an_archive_goes_on_over_days(readers, tmp_path):
    for day in (LABEL, date(2026, 3, 17)):
        write_day(report_for(readers["ines"]).model_copy(update={"label": day}), tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    assert [d["label"] for d in index["days"]] == ["2026-03-17", "2026-03-16"]
    assert (tmp_path / "index.html").read_text().count("<h2>") == 2


def test_rules_keep_papers_off_the_slate_but_on_the_page(readers):
    report = report_for(readers["ines"])
    out = [e for e in report.entries if e.left_out]
    assert out
    assert all(e.slot is None for e in out)
    page = report_page(report)
    assert all(e.item.id in page for e in out)


def test_without_a_dense_model_the_page_says_so(readers, monkeypatch):
    monkeypatch.setattr(Packaged, "is_installed", lambda _: False)
    report = report_for(readers["ines"], RankingConfig())
    assert report.ranked_by == "words"
    assert any("pip install" in note for note in report.notes)
    assert "no dense model is installed" in report_page(report)


def test_each_interest_with_a_candidate_has_a_pick(readers):
    for reader in readers.values():
        report = report_for(reader)
        assert not any("No place was left" in note for note in report.notes)
    small = report_for(readers["ines"].model_copy(update={"budget": 1}))
    assert len(small.picks()) == 1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_tiny_days_have_a_page(readers, count):
    day = Day(LABEL, tuple(sample.announcements()[:count]))
    page = report_page(report_for(readers["ines"], day=day))
    assert page.count("<article") == count


def test_an_empty_profile_reads_in_the_order_announced():
    report = report_for(Profile())
    picks = [e.item.id for e in report.picks()]
    assert picks == [a.item.id for a in sample.announcements() if a.kind in (Announce.NEW, Announce.CROSS)][:20]


class Words(HTMLParser):
    """The text of a page, article by article."""

    def __init__(self):
        super().__init__()
        self.articles: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "article":
            self.articles.append([])

    def handle_data(self, text):
        if self.articles:
            self.articles[-1].append(text)


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_no_abstract_of_any_shared_day_is_lost_in_html(data):
    for path in sorted((data / "arxiv" / "daily").glob("*.jsonl.gz")):
        batch = read_source(str(path))
        day = choose_day(batch.announcements, None, None, LABEL)
        entries = tuple(Entry(item=a.item, kind=a.kind, section=SECTION_OF[a.kind], lists=a.lists) for a in day.announcements)
        counts = {name: sum(e.section == name for e in entries) for name in ("new", "cross", "updated", "withdrawn")}
        page = report_page(Report(label=day.label, reader="R", source="s", ranked_by="order", counts=counts, entries=entries))
        parser = Words()
        parser.feed(page)
        assert len(parser.articles) == len(day.announcements)
        texts = [re.sub(r"\W+", "", "".join(parts)) for parts in parser.articles]
        everything = "\0".join(texts)
        for announcement in day.announcements:
            opening = re.sub(r"\W+", "", re.split(r"[$\\{<~-]", announcement.item.text)[0])
            assert opening in everything, announcement.item.id


def test_the_sample_is_what_it_says():
    announced = sample.announcements()
    assert len(announced) >= 120
    assert len({a.item.attributes["theme"] for a in announced}) >= 12
    assert {a.kind for a in announced} == set(Announce)
    assert all(70 <= len(a.item.text.split()) <= 150 for a in announced)
    assert all(a.earlier is not None for a in announced if a.kind in (Announce.REPLACE, Announce.REPLACE_CROSS))
    whole = " ".join(a.item.title + a.item.text for a in announced)
    assert "$" in whole
    assert "|" in whole
    assert any(ord(c) > 191 for a in announced for name in a.item.creators for c in name)
    sixes = [set(zip(*(re.findall(r"[\w'-]+", a.item.text.lower())[i:] for i in range(6)), strict=False)) for a in announced]
    assert sum(map(len, sixes)) == len(set().union(*sixes))


def test_the_sample_is_marked_fictional_in_every_form(tmp_path):
    _, page = run(Request(settings=("ranking.use_dense=false",)), tmp_path / "out")
    assert sample.NOTICE in page.read_text()
    assert "ictional" in (page.parent / "report.md").read_text()
    assert json.loads((page.parent / "report.json").read_text())["fictional"]
    assert "ictional" in (page.parent / "report.atom").read_text()
    assert "ictional" in (tmp_path / "out" / "index.html").read_text()


def test_hostile_text_stays_text_in_every_field():
    attack = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"
    item = Item(
        id=attack,
        title=attack,
        text=attack,
        url="https://papers.example.org/" + attack,
        creators=(attack,),
        categories=(attack,),
        attributes={"comment": attack},
    )
    for kind in Announce:
        earlier = item.model_copy(update={"title": "Before " + attack})
        day = Day(LABEL, (Announcement(item=item.model_copy(update={"version": 2}), kind=kind, earlier=earlier, lists=(attack,)),))
        page = report_page(report_for(Profile(name=attack, interests=("alert script " + attack,)), day=day))
        parser = Tags()
        parser.feed(page)
        assert not {"script", "img"} & parser.tags
        assert not {name for name in parser.attributes if name.startswith("on")}
