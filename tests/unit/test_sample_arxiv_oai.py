"""The double's harvest interface, read by a strict reader of OAI-PMH."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from arxiv_days import FRIDAY, MONDAY, SPACES, all_told, days, listed, told, tree

from broadsheet.sample.arxiv import DayList, oai
from broadsheet.sample.arxiv.archive import Archive, set_of

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
KNOWN = Archive(days()).known(MONDAY)
LIST = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"}


def ask(known=KNOWN, now=NOW, *, page=None, expired=False, **asked):
    pairs = [(name.removesuffix("_"), value) for name, value in asked.items()]
    root = tree(oai.answer(pairs, oai.Harvest(known, "http://127.0.0.1", now, page, expired)))
    assert root.tag == f"{{{SPACES['oai']}}}OAI-PMH"
    assert told(root, "oai:responseDate") == now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return root


def fault(root) -> str:
    (one,) = root.findall("oai:error", SPACES)
    return one.get("code")


def keys(root, verb="ListRecords") -> list[str]:
    inner = "oai:record/" if verb == "ListRecords" else ""
    return [one.removeprefix("oai:arXiv.org:") for one in all_told(root, f"oai:{verb}/{inner}oai:header/oai:identifier")]


def test_identify_states_what_a_harvester_needs():
    (one,) = ask(verb="Identify").findall("oai:Identify", SPACES)
    facts = {name: told(one, f"oai:{name}") for name in ("protocolVersion", "granularity", "deletedRecord", "earliestDatestamp", "baseURL")}
    assert facts == {
        "protocolVersion": "2.0",
        "granularity": "YYYY-MM-DD",
        "deletedRecord": "persistent",
        "earliestDatestamp": "2005-09-16",
        "baseURL": "http://127.0.0.1/oai",
    }
    assert all_told(ask(verb="ListMetadataFormats"), ".//oai:metadataPrefix") == ["oai_dc", "arXiv", "arXivRaw"]
    assert all_told(ask(verb="ListSets"), ".//oai:setSpec") == ["cs", "cs:cs", "cs:cs:CL", "cs:cs:IR", "stat", "stat:stat", "stat:stat:ML"]


def record(form: str, key: str, known=KNOWN):
    root = ask(known, verb="GetRecord", metadataPrefix=form, identifier=f"oai:arXiv.org:{key}")
    (found,) = root.findall("oai:GetRecord/oai:record", SPACES)
    return found


def test_arxiv_raw_has_all_versions_with_their_dates_and_broken_lines():
    long = listed(1, title="A title " * 20 + "ends", text="Word after word. " * 30, comment="9 pages", doi="10.5555/y", journal="J. 1")
    known = Archive([DayList(MONDAY, (long,))]).known(MONDAY)
    raw = record("arXivRaw", long.id, known).find("oai:metadata/raw:arXivRaw", SPACES)
    heads = [child.tag.rpartition("}")[2] for child in raw]
    assert heads == "id submitter version title authors categories comments journal-ref doi license abstract".split()
    assert told(raw, "raw:authors") == r"Ana Ruiz, Ond\v{r}ej W\'ojcik"
    title, abstract = told(raw, "raw:title"), told(raw, "raw:abstract")
    assert "\n  " in title
    assert " ".join(title.split()) == long.title
    assert abstract.startswith("  ")
    assert abstract.endswith("\n")
    assert " ".join(abstract.split()) == long.text.strip()
    gone = record("arXivRaw", "2603.90002").findall("oai:metadata/raw:arXivRaw/raw:version", SPACES)
    assert [one.get("version") for one in gone] == ["v1", "v2", "v3"]
    assert [told(one, "raw:size") == "0kb" for one in gone] == [False, False, True]
    dates = [datetime.strptime(told(one, "raw:date"), "%a, %d %b %Y %H:%M:%S GMT") for one in gone]
    assert dates == sorted(dates)


def test_the_other_forms():
    form = record("arXiv", "2603.90005").find("oai:metadata/form:arXiv", SPACES)
    assert [child.tag.rpartition("}")[2] for child in form] == "id created updated authors title categories license abstract".split()
    assert (told(form, "form:created"), told(form, "form:updated")) == ("2025-01-07", "2026-03-06")
    assert all_told(form, "form:authors/form:author/form:keyname") == ["Ruiz", "Wójcik"]
    assert all_told(form, "form:authors/form:author/form:forenames") == ["Ana", "Ondřej"]
    assert told(form, "form:categories") == "cs.CL cs.IR"
    core = record("oai_dc", "2603.90002").find("oai:metadata/oai_dc:dc", SPACES)
    assert all_told(core, "dc:creator") == ["Ruiz, Ana", "Wójcik, Ondřej"]
    assert all_told(core, "dc:description")[1] == "This paper has been withdrawn by the authors"
    assert told(core, "dc:identifier") == "http://arxiv.org/abs/2603.90002"
    assert len(all_told(core, "dc:date")) == 2


def test_the_header_has_the_sets_and_the_day_of_the_last_change():
    header = record("arXiv", "2603.90001").find("oai:header", SPACES)
    assert told(header, "oai:datestamp") == "2026-03-09"
    assert all_told(header, "oai:setSpec") == ["cs:cs:IR"]
    assert told(record("arXiv", "2603.90004"), "oai:header/oai:datestamp") == "2026-03-06"


def test_a_harvest_by_days_and_sets_finds_a_paper_under_its_last_change_only():
    assert keys(ask(**LIST, from_="2026-03-05", until="2026-03-05")) == []
    assert keys(ask(**LIST, from_="2026-03-06", until="2026-03-06")) == ["2603.90003", "2603.90004"]
    assert keys(ask(**LIST, set="cs:cs:CL")) == ["2603.90003", "2603.90005"]
    assert keys(ask(**LIST, set="stat")) == ["2603.90004"]
    assert len(keys(ask(**LIST, from_="2026-03-09"))) == 9
    assert fault(ask(**LIST, from_="2026-03-10")) == "noRecordsMatch"


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_tokens_lead_through_all_pages_and_need_quoting_once_more(verb):
    whole = keys(ask(verb=verb, metadataPrefix="arXivRaw"), verb)
    root, found = ask(page=4, verb=verb, metadataPrefix="arXivRaw", set="cs"), []
    while True:
        found += keys(root, verb)
        (token,) = root.findall(f"oai:{verb}/oai:resumptionToken", SPACES)
        if not token.text:
            break
        assert token.attrib == {"expires": "2026-03-10T00:00:00Z"}
        assert quote(token.text) != token.text
        root = ask(page=4, verb=verb, resumptionToken=token.text)
    assert found == whole
    assert len(found) == 11


def test_a_token_is_good_for_its_day_and_for_its_verb():
    (token,) = ask(page=4, **LIST).findall(".//oai:resumptionToken", SPACES)
    assert fault(ask(now=NOW + timedelta(hours=12), verb="ListRecords", resumptionToken=token.text)) == "badResumptionToken"
    assert fault(ask(verb="ListIdentifiers", resumptionToken=token.text)) == "badResumptionToken"
    assert fault(ask(expired=True, verb="ListRecords", resumptionToken=token.text)) == "badResumptionToken"
    assert fault(ask(verb="ListRecords", resumptionToken="verb%3DListRecords")) == "badResumptionToken"
    assert len(keys(ask(now=NOW + timedelta(hours=11), verb="ListRecords", resumptionToken=token.text))) == 7


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"verb": "Nothing"}, "badVerb"),
        ({}, "badVerb"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({**LIST, "from_": "2026-3-9x"}, "badArgument"),
        ({**LIST, "from_": "2026-03-09", "until": "2026-03-06"}, "badArgument"),
        ({**LIST, "odd": "1"}, "badArgument"),
        ({**LIST, "resumptionToken": "x"}, "badArgument"),
        ({**LIST, "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        ({"verb": "GetRecord", "metadataPrefix": "arXiv", "identifier": "oai:arXiv.org:2603.90099"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "metadataPrefix": "arXiv", "identifier": "2603.90001"}, "idDoesNotExist"),
        ({**LIST, "set": "math"}, "noRecordsMatch"),
    ],
)
def test_errors_have_the_protocols_codes(asked, code):
    assert fault(ask(**asked)) == code


def test_a_deleted_record_is_a_header_alone():
    known = Archive([DayList(FRIDAY, (listed(1, FRIDAY),)), DayList(MONDAY, (replace(listed(1), deleted=True),))]).known(MONDAY)
    found = record("arXivRaw", "2603.90001", known)
    assert found.find("oai:header", SPACES).get("status") == "deleted"
    assert found.find("oai:metadata", SPACES) is None


def test_sets_of_physics_stand_under_its_group():
    assert [set_of(name) for name in ("hep-th", "cond-mat.str-el", "q-bio.NC", "physics.soc-ph")] == [
        "physics:hep-th",
        "physics:cond-mat:str-el",
        "q-bio:q-bio:NC",
        "physics:physics:soc-ph",
    ]
