"""A catalogue: items in order, each id once, unknown ids reported."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.catalogue import Catalogue, reading_text, text_hash
from broadsheet.core.errors import RecordError
from broadsheet.core.schema import Columns, Item

SOUP = Item(id="soup", title="Soup", text="Leek and potato.", creators=("Ana", "Sam"), categories=("starter",), announced=date(2026, 2, 9))
BREAD = Item(id="bread", title="Bread", attributes={"keywords": "rye, seeds"})


def test_items_keep_their_order():
    catalogue = Catalogue([SOUP, BREAD])
    assert list(catalogue) == [SOUP, BREAD]
    assert catalogue.ids == ("soup", "bread")
    assert len(catalogue) == 2
    assert catalogue.row("bread") == 1
    assert "soup" in catalogue
    assert "stew" not in catalogue


def test_an_id_that_stands_twice_is_an_error():
    with pytest.raises(RecordError, match="'soup' stands twice"):
        Catalogue([BREAD, SOUP, Item(id="soup", title="Another")])


def test_an_id_that_is_not_there_is_an_error_where_one_row_is_asked_for():
    with pytest.raises(RecordError, match="'stew'"):
        Catalogue([SOUP]).row("stew")


def test_unknown_ids_are_reported_in_the_order_asked():
    found = Catalogue([SOUP, BREAD]).select(["stew", "bread", "cake", "soup", "bread"])
    assert found.items == (BREAD, SOUP, BREAD)
    assert found.unknown == ("stew", "cake")


@given(st.sets(st.sampled_from("abcdefgh")), st.lists(st.sampled_from("abcdefghxyz")))
def test_every_id_asked_for_is_found_or_reported(there, asked):
    found = Catalogue(Item(id=name, title=name) for name in sorted(there)).select(asked)
    assert [item.id for item in found.items] == [name for name in asked if name in there]
    assert list(found.unknown) == [name for name in asked if name not in there]


def test_an_embedder_reads_title_keywords_and_text():
    assert Catalogue([SOUP, BREAD]).texts() == ["Soup. Leek and potato.", "Bread. rye, seeds"]
    assert reading_text(Item(id="x", title="")) == ""


def test_a_change_of_any_field_or_of_the_order_changes_the_content_hash():
    changes = [{"id": "x"}, {"title": "x"}, {"text": "x"}, {"url": "x"}, {"creators": ("x",)}, {"categories": ()}]
    changes += [{"attributes": {"x": 1}}, {"images": ("x",)}, {"published": date(2026, 2, 8)}, {"announced": None}, {"version": 2}]
    assert {key for change in changes for key in change} == set(Item.model_fields)
    hashes = {Catalogue([SOUP.model_copy(update=change)]).content_hash() for change in [{}, *changes]}
    assert len(hashes) == 1 + len(changes)
    assert Catalogue([SOUP, BREAD]).content_hash() != Catalogue([BREAD, SOUP]).content_hash()
    assert Catalogue([SOUP]).content_hash() == Catalogue([SOUP.model_copy()]).content_hash()


def test_a_text_is_known_by_32_hexadecimal_digits():
    assert text_hash("") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert text_hash("a") != text_hash("a ")


def test_the_frame_has_a_row_an_item():
    assert Catalogue([BREAD, SOUP]).frame().row(1, named=True) == {
        Columns.ITEM: "soup",
        Columns.TITLE: "Soup",
        Columns.TEXT: "Leek and potato.",
        Columns.URL: "",
        Columns.CREATORS: ["Ana", "Sam"],
        Columns.CATEGORIES: ["starter"],
        Columns.ANNOUNCED: date(2026, 2, 9),
        Columns.VERSION: 1,
    }


def test_the_frame_of_an_empty_catalogue_has_the_same_columns_and_types():
    empty, full = Catalogue([]).frame(), Catalogue([SOUP]).frame()
    assert empty.schema == full.schema
    assert empty.height == 0
    assert pl.concat([empty, full]).height == 1
