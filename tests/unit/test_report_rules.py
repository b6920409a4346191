"""Rules and profiles: what a reader may write, and what is said when it is wrong."""

import pytest

from broadsheet.core.errors import PatternError, ProfileError
from broadsheet.core.schema import Item
from broadsheet.report.profile import Profile, found_profile, read_profile, read_reader, same_person
from broadsheet.report.ranking import why_left_out
from broadsheet.report.rules import Rule

PAPER = Item(id="a", title="LLMs as slate planners", text="We plan.", creators=("Zoë Kéita",), categories=("cs.IR", "cs.LG"), attributes={"comment": "8 pages"})


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (Rule(phrase="slate"), True),
        (Rule(phrase="SLATE planners", field="title"), True),
        (Rule(phrase="late"), False),
        (Rule(phrase="late", inside_words=True), True),
        (Rule(phrase="llm"), False),
        (Rule(phrase="llm", inside_words=True), True),
        (Rule(phrase="slate", field="text"), False),
        (Rule(phrase="cs.LG", field="categories"), True),
        (Rule(phrase="csxLG", field="categories"), False),
        (Rule(phrase="8 pages", field="comment"), True),
        (Rule(regex=r"^llms?\b", field="title"), True),
        (Rule(regex=r"k[ée]ita", field="creators"), True),
    ],
)
def test_a_rule_finds_what_it_says(rule, found):
    assert rule.matches(PAPER) is found


def test_a_bad_regex_is_two_lines_and_known_before_any_work(tmp_path):
    path = tmp_path / "me.toml"
    path.write_text('[[include]]\nregex = "(unclosed"\n')
    with pytest.raises(PatternError) as error:
        read_profile(path)
    assert len(str(error.value).splitlines()) == 2
    assert "(unclosed" in error.value.what


def test_a_rule_has_a_phrase_or_a_regex_and_not_both():
    with pytest.raises(ValueError, match="either"):
        Rule(phrase="a", regex="b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budgets = 3", "Did you mean 'budget'"),
        ("budget = 0", "budget"),
        ("budget = ", "not TOML"),
        ('[[include]]\nfeild = "title"\nphrase = "x"', "unknown setting"),
        ('only = "some"', "only"),
        ("diversity_floor = 2", "diversity_floor"),
    ],
)
def test_a_wrong_profile_is_two_lines(tmp_path, text, says):
    path = tmp_path / "me.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as error:
        read_profile(path)
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 2


def test_a_library_is_found_beside_the_profile_and_seeds_that_are_unknown_are_told(tmp_path):
    (tmp_path / "lib.jsonl").write_text('{"id": "x", "title": "Old paper"}\n')
    (tmp_path / "me.toml").write_text('library = ["lib.jsonl"]\nseeds = ["a", "nowhere"]\n')
    reader = read_reader(read_profile(tmp_path / "me.toml"), {"a": PAPER})
    assert [item.id for item in reader.library] == ["x", "a"]
    assert reader.unknown_seeds == ("nowhere",)


def test_a_profile_is_found_at_its_path_else_as_a_sample_reader_with_the_library_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with found_profile("ines", ("budget=3",)) as found:
        assert found.budget == 3
        assert read_reader(found, {}).library
    (tmp_path / "ines").write_text('name = "Of my own"\n')
    with found_profile("ines") as own:
        assert own.name == "Of my own"
    with pytest.raises(ProfileError, match=r"Did you mean 'ines'.*\n.*profile new"), found_profile("inez"):
        pass


def test_settings_are_laid_over_the_file(tmp_path):
    (tmp_path / "me.toml").write_text("budget = 20\n")
    assert read_profile(tmp_path / "me.toml", ("budget=3",)).budget == 3


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (Profile(), ""),
        (Profile(categories=("cs.CV",)), "not in cs.CV"),
        (Profile(categories=("cs.LG",)), ""),
        (Profile(categories=("cs.CV",), include=(Rule(phrase="slate"),)), ""),
        (Profile(categories=("cs.CV",), follow=("zoe keita",)), ""),
        (Profile(exclude=(Rule(phrase="slate"),), include=(Rule(phrase="slate"),)), "your rule against"),
        (Profile(only="included"), "no rule of yours includes it"),
        (Profile(only="included", include=(Rule(phrase="slate"),)), ""),
    ],
)
def test_what_keeps_a_paper_out(profile, says):
    assert says in why_left_out(PAPER, profile)
    assert bool(says) == bool(why_left_out(PAPER, profile))


def test_people_are_the_same_without_accents_but_not_with_other_names():
    assert same_person("J. Müller", "j muller")
    assert not same_person("Jan Müller", "Jana Müller")
