"""Configuration, errors, catalogue, seeds, number formats: the small things everything stands on."""

import inspect
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core import errors
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.config import Config, build, read_toml, with_settings
from broadsheet.core.device import choose_dtype, threads
from broadsheet.core.errors import BroadsheetError, ConfigError, RecordError
from broadsheet.core.home import home
from broadsheet.core.log import configure, get_logger
from broadsheet.core.schema import Columns, Item
from broadsheet.core.seeds import generator

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BroadsheetError)]


class Slate(Config):
    budget: int = 20


class Settings(Config):
    slate: Slate = Slate()
    name: str = "Reader"


def test_every_error_has_a_code_of_its_own_that_its_docstring_states():
    codes = {kind.__name__: kind.exit_code for kind in TREE}
    assert len(set(codes.values())) == len(codes)
    assert codes == {name: int(code) for name, code in re.findall(r"(\w+Error) \((\d+)\)", errors.__doc__)}
    assert not {0, 2, 3, 4, 5} & set(codes.values())


@pytest.mark.parametrize("kind", TREE)
def test_an_error_is_two_lines_whatever_it_is_told(kind):
    assert str(kind("what\nis wrong", "what\nmends it")) == "what is wrong\nwhat mends it"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("slate.budget=5", {"slate": {"budget": 5}}),
        ("name=Ines Aldecoa", {"name": "Ines Aldecoa"}),
        ('name="5"', {"name": "5"}),
        ("a.b.c=[1, 2]", {"a": {"b": {"c": [1, 2]}}}),
        ("x=true", {"x": True}),
        ("x=", {"x": ""}),
    ],
)
def test_settings(setting, expected):
    assert with_settings({}, [setting]) == expected


@pytest.mark.parametrize("setting", ["budget", "=5", "a..b=1", "name.first=x"])
def test_settings_that_are_none(setting):
    with pytest.raises(ConfigError):
        with_settings({"name": "x"}, [setting])


def test_settings_leave_the_data_they_are_laid_over_alone():
    data = {"slate": {"budget": 20}}
    with_settings(data, ["slate.budget=5"])
    assert data == {"slate": {"budget": 20}}


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.booleans(), min_size=1))
def test_settings_go_round(data):
    assert with_settings({}, [f"t.{key}={str(value).lower()}" for key, value in data.items()]) == {"t": data}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"slate": {"bugdet": 3}}, "Did you mean 'budget'"),
        ({"nmae": "x"}, "Did you mean 'name'"),
        ({"slate": {"budget": "many"}}, "slate.budget"),
        ({"slate": 3}, "slate"),
    ],
)
def test_a_wrong_setting_is_named(data, says):
    with pytest.raises(ConfigError) as error:
        build(Settings, data, "me.toml")
    assert says in str(error.value)
    assert "me.toml" in error.value.what
    assert len(str(error.value).splitlines()) == 2


def test_a_file_that_is_no_toml_is_named(tmp_path):
    with pytest.raises(ConfigError, match="folder"):
        read_toml(tmp_path)
    with pytest.raises(ConfigError, match="no file"):
        read_toml(tmp_path / "nowhere.toml")


def test_a_catalogue_holds_each_id_once_and_reports_unknown_ones():
    catalogue = Catalogue([Item(id="b", title="B"), Item(id="a", title="A", text="Text.")])
    assert catalogue.ids == ("b", "a")
    assert catalogue.select(["a", "x", "b", "y"]).unknown == ("x", "y")
    assert [i.id for i in catalogue.select(["a", "x", "b"]).items] == ["a", "b"]
    assert catalogue.row("a") == 1
    with pytest.raises(RecordError):
        catalogue.row("x")
    with pytest.raises(RecordError, match="twice"):
        Catalogue([Item(id="a", title="A"), Item(id="a", title="B")])


def test_a_change_of_any_field_changes_the_content_hash():
    items = [Item(id="a", title="A"), Item(id="a", title="A", text="."), Item(id="a", title="A", creators=("X",)), Item(id="a", title="A", version=2)]
    assert len({Catalogue([item]).content_hash() for item in items}) == len(items)


@pytest.mark.parametrize("items", [[], [Item(id="a", title="A", creators=("X",))]])
def test_the_frame_has_the_columns_of_the_schema_even_when_empty(items):
    frame = Catalogue(items).frame()
    assert frame.height == len(items)
    assert frame.columns[:3] == [Columns.ITEM, Columns.TITLE, Columns.TEXT]


def test_streams_follow_from_seed_and_name_on_any_run():
    value = generator(7, "slate").random()
    code = "from broadsheet.core.seeds import generator; print(repr(float(generator(7, 'slate').random())))"
    assert float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) == value
    assert len({generator(seed, name).random() for seed in (0, 1) for name in ("a", "b")}) == 4


def test_the_number_format_follows_the_processor_and_the_threads_the_user(monkeypatch):
    assert choose_dtype(frozenset()).name == "float32"
    assert choose_dtype(frozenset({"amx_bf16"})).name == "bfloat16"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads() == ("1", "OMP_NUM_THREADS")


def test_home_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("BROADSHEET_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home() == tmp_path / "broadsheet"


def test_the_log_is_silent_below_warnings_unless_asked(capsys):
    configure()
    get_logger("part").info("unheard")
    configure(verbose=True, as_json=True)
    get_logger("part").info("heard")
    assert "unheard" not in (said := capsys.readouterr().err)
    assert '"part": "part"' in said
