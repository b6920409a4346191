"""Configuration: a TOML file, `--set a.b=c` over it, and a frozen model made of both."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from broadsheet.core.config import Config, build, read_toml, with_settings
from broadsheet.core.errors import ConfigError, ProfileError


class Slate(Config):
    budget: int = 20
    floor: float = 0.1


class Rule(Config):
    pattern: str


class Settings(Config):
    slate: Slate = Slate()
    name: str = "Reader"
    include: tuple[Rule, ...] = ()
    exclude: Rule | None = None
    pages: dict[str, Slate] = Field(default_factory=dict)


def test_a_file_and_settings_make_a_configuration(tmp_path):
    file = tmp_path / "me.toml"
    file.write_text('name = "Zoë"\n[slate]\nbudget = 10\n')
    data = with_settings(read_toml(file), ["slate.budget=5"])
    assert build(Settings, data, str(file)) == Settings(name="Zoë", slate=Slate(budget=5))


def test_a_configuration_does_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Settings().name = "x"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("slate.budget=5", {"slate": {"budget": 5}}),
        (" slate . budget = 5 ", {"slate": {"budget": 5}}),
        ("slate={budget = 5}", {"slate": {"budget": 5}}),
        ("a.b.c=[1, 2]", {"a": {"b": {"c": [1, 2]}}}),
        ("x=true", {"x": True}),
        ("x=0.5", {"x": 0.5}),
        ("x=2026-02-09", {"x": date(2026, 2, 9)}),
        ("name=Ines Aldecoa", {"name": "Ines Aldecoa"}),
        ("name=Zoë", {"name": "Zoë"}),
        ('name="5"', {"name": "5"}),
        ("name=a=b", {"name": "a=b"}),
        ("name=", {"name": ""}),
    ],
)
def test_a_value_is_toml_or_else_plain_text(setting, expected):
    assert with_settings({}, [setting]) == expected


@pytest.mark.parametrize("text", ["1\nb=2", "1\nvalue=2", "1\n[b]"])
def test_text_of_several_lines_stays_whole(text):
    assert with_settings({}, [f"name={text}"]) == {"name": text}


def test_the_last_setting_wins_and_the_data_below_stay_as_they_were():
    data = {"slate": {"budget": 20, "floor": 0.2}}
    assert with_settings(data, ["slate.budget=5", "slate.budget=6"]) == {"slate": {"budget": 6, "floor": 0.2}}
    assert data == {"slate": {"budget": 20, "floor": 0.2}}


def as_settings(data: dict[str, Any], above: str = "") -> Iterator[str]:
    """Write nested data as the settings that make them."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from as_settings(value, f"{above}{key}.")
        else:
            yield f"{above}{key}" + tomli_w.dumps({"": value}).removeprefix('""')


KEYS = st.text("abcXYZ019_-", min_size=1, max_size=5)
VALUES = st.integers() | st.booleans() | st.floats(allow_nan=False) | st.dates() | st.text() | st.lists(st.text(max_size=5) | st.integers(), max_size=3)


@given(st.recursive(st.dictionaries(KEYS, VALUES, max_size=3), lambda inner: st.dictionaries(KEYS, VALUES | inner.filter(bool), max_size=3), max_leaves=8))
def test_settings_go_round(data):
    settings = list(as_settings(data))
    assert with_settings({}, settings) == data
    assert with_settings(data, settings) == data


@pytest.mark.parametrize("setting", ["budget", "", "=5", ".=5", "a..b=1", "a.=1", "name.first=x"])
def test_a_setting_of_another_form_is_refused(setting):
    with pytest.raises(ConfigError) as error:
        with_settings({"name": "x"}, [setting])
    assert repr(setting) in error.value.what


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        ({"nmae": "x"}, "me.toml: unknown setting 'nmae'. Did you mean 'name'?", "Known are: slate, name, include, exclude, pages."),
        ({"slate": {"bugdet": 3}}, "me.toml: unknown setting 'slate.bugdet'. Did you mean 'budget'?", "Known are: budget, floor."),
        ({"include": [{"patern": "x"}]}, "me.toml: include.0.pattern: Field required.", "{'patern': 'x'}"),
        ({"include": [{"pattern": "x", "patern": "x"}]}, "unknown setting 'include.0.patern'. Did you mean 'pattern'?", "Known are: pattern."),
        ({"exclude": {"pattern": "x", "patern": "x"}}, "unknown setting 'exclude.patern'. Did you mean 'pattern'?", "Known are: pattern."),
        ({"pages": {"monday": {"flor": 1}}}, "unknown setting 'pages.monday.flor'. Did you mean 'floor'?", "Known are: budget, floor."),
        ({"slate": {"colour": 3}}, "me.toml: unknown setting 'slate.colour'.", "Known are: budget, floor."),
        ({"slate": {"budget": "many"}}, "me.toml: slate.budget: ", "'many'"),
        ({"slate": 3}, "me.toml: slate: ", "3"),
    ],
)
def test_a_wrong_setting_is_named_with_what_mends_it(data, what, mend):
    with pytest.raises(ConfigError) as error:
        build(Settings, data, "me.toml")
    assert what in error.value.what
    assert mend in error.value.mend
    assert len(str(error.value).splitlines()) == 2


def test_only_names_that_the_table_takes_are_proposed():
    with pytest.raises(ConfigError) as in_slate:
        build(Settings, {"slate": {"nmae": "x"}}, "me.toml")
    with pytest.raises(ConfigError) as at_the_top:
        build(Settings, {"budget": 5}, "me.toml")
    assert "Did you mean" not in in_slate.value.what + at_the_top.value.what


def test_the_caller_names_the_kind_of_error(tmp_path):
    with pytest.raises(ProfileError):
        build(Settings, {"nmae": "x"}, "me.toml", ProfileError)
    with pytest.raises(ProfileError):
        read_toml(tmp_path / "nowhere.toml", ProfileError)


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere.toml", "no file"), ("", "is a folder"), ("text.toml/below.toml", "cannot be read"), ("text.toml", "line 2"), ("latin.toml", "utf-8")],
)
def test_a_file_that_cannot_be_read_is_an_error_of_two_lines(tmp_path, name, says):
    (tmp_path / "text.toml").write_text("a = 1\nname = Zoe\n")
    (tmp_path / "latin.toml").write_bytes('name = "Zoë"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=says) as error:
        read_toml(tmp_path / name)
    assert str(tmp_path / name) in error.value.what
    assert len(str(error.value).splitlines()) == 2
