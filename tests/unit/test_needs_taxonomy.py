"""Taxonomies of needs: those that come with the package, and what is said of one that is wrong."""

import pytest
import yaml

from broadsheet.core.errors import TaxonomyError
from broadsheet.needs.taxonomy import open_taxonomy, taxonomy_names

LEVEL = {"definition": "d", "inclusion": "i", "exclusion": "e"}


def plain(name: str = "tiny") -> dict:
    """A taxonomy of two levels, as YAML reads it."""
    levels = [{"id": f"l{n}", "order": n, "name": "L", **LEVEL, "prototypes": [f"{n} {word}" for word in "a b c".split()]} for n in (1, 2)]
    levels[0]["needs"] = [{"id": "n1", "name": "N", "definition": "d", "prototypes": ["x", "y", "z"]}]
    return {"name": name, "title": "T", "levels": levels}


def opened(tmp_path, held) -> TaxonomyError:
    path = tmp_path / "mine.yaml"
    path.write_text(held if isinstance(held, str) else yaml.safe_dump(held))
    open_taxonomy.cache_clear()
    with pytest.raises(TaxonomyError) as error:
        open_taxonomy(str(path))
    assert len(str(error.value).splitlines()) == 2
    return error.value


@pytest.mark.parametrize("name", taxonomy_names())
def test_a_taxonomy_of_the_package_has_seven_levels_and_every_need_is_found_by_its_id(name):
    taxonomy = open_taxonomy(name)
    assert taxonomy.name == name
    assert [level.order for level in taxonomy.levels] == list(range(1, 8))
    for level in taxonomy.levels:
        assert taxonomy.resolve(None, level.order)[0] is taxonomy.resolve(level.id, None)[0] is level
        for need in level.needs:
            assert taxonomy.resolve(need.id, level.order) == (level, need)


def test_a_prototype_says_what_its_own_taxonomy_alone_says():
    sentences = [sentence for name in taxonomy_names() for sentence in open_taxonomy(name).sentences()]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("need", "level", "says"),
    [
        ("card_balanse", None, "Did you mean 'card_balance'?"),
        ("card_balance", 1, "stands under 'debt_credit', not under 'survival'"),
        (None, 8, "no level '8'"),
        (None, "debt_credits", "Did you mean 'debt_credit'?"),
        (None, None, "neither a need nor a level"),
    ],
)
def test_an_unknown_need_is_two_lines(need, level, says):
    with pytest.raises(TaxonomyError) as error:
        open_taxonomy().resolve(need, level)
    assert says in error.value.what
    assert len(str(error.value).splitlines()) == 2


def test_a_file_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(plain()))
    assert [level.id for level in open_taxonomy(str(path)).levels] == ["l1", "l2"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda held: held["levels"][1].update(id="l1"), "the id 'l1' stands twice"),
        (lambda held: held["levels"][0]["needs"][0].update(id="l2"), "the id 'l2' stands twice"),
        (lambda held: held["levels"][1].pop("order"), "levels.1.order: Field required"),
        (lambda held: held["levels"][1].update(order=3), "levels stand in the order [1, 3]"),
        (lambda held: held["levels"].reverse(), "levels stand in the order [2, 1]"),
        (lambda held: held["levels"][1].update(prototypes=["1 A", "q", "r"]), "the prototype '1 a' stands twice"),
        (lambda held: held["levels"][1].update(prototypes=["q", "r"]), "levels.1.prototypes"),
        (lambda held: held["levels"][1].update(defnition="d"), "Did you mean 'definition'?"),
        (lambda held: held["levels"][1].update(maps_to={"maslow": "food"}), "levels.1.maps_to.maslow"),
        (lambda held: held.update(levels=[]), "levels"),
    ],
)
def test_what_does_not_hold_together_is_two_lines(tmp_path, change, says):
    held = plain()
    change(held)
    assert says in opened(tmp_path, held).what


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b: c", "is not YAML"),
        ("- 1", "holds no taxonomy"),
        ("", "holds no taxonomy"),
        ("1: 2", "holds no taxonomy"),
        ("&a {name: t, title: t, levels: [*a]}", "levels"),
        ("name: !!python/object/apply:os.getcwd []", "is not YAML"),
        ("[" * 5_000, "is not YAML"),
    ],
    ids=["colon", "a list", "empty", "a number", "a cycle", "code", "too deep"],
)
def test_what_is_no_taxonomy_is_two_lines(tmp_path, text, says):
    assert says in opened(tmp_path, text).what


def test_a_file_that_is_not_there_is_two_lines_with_the_nearest_name(tmp_path):
    with pytest.raises(TaxonomyError, match="Did you mean 'financial'"):
        open_taxonomy("finansial")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(TaxonomyError, match="not UTF-8"):
        open_taxonomy(str(tmp_path / "latin.yaml"))
