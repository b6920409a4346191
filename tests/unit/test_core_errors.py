"""Errors a user can cause: two lines each, and an exit code that names the kind."""

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core import errors
from broadsheet.core.errors import BroadsheetError, ConfigError, FeedError, ProfileError, SourceError, did_you_mean

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BroadsheetError)]


def drawn_tree() -> dict[str, tuple[str, int]]:
    """Read name, parent and exit code of each error off the drawing in the docstring."""
    tree: dict[str, tuple[str, int]] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        if found := re.match(r"([│├└─ ]*)(\w+Error) \((\d+)\)", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            tree[found[2]] = (above[depth - 1] if depth else "Exception", int(found[3]))
    return tree


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    assert drawn_tree() == {kind.__name__: (kind.__base__.__name__, kind.exit_code) for kind in KINDS}


def test_every_error_has_an_exit_code_of_its_own():
    codes = [kind.exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(0 < code < 256 for code in codes)
    assert 2 not in codes, "kept for the command line"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_is_wrong_and_what_mends_it(kind):
    error = kind("There is no file day.xml.", "Check the path.")
    assert str(error) == "There is no file day.xml.\nCheck the path."
    assert (error.what, error.mend) == ("There is no file day.xml.", "Check the path.")


@given(st.sampled_from(KINDS), st.text().filter(str.strip), st.text().filter(str.strip))
def test_it_is_two_lines_whatever_the_text_in_it(kind, what, mend):
    assert len(str(kind(what, mend)).splitlines()) == 2


def test_one_except_catches_a_branch_of_the_tree():
    assert issubclass(ProfileError, ConfigError)
    assert issubclass(FeedError, SourceError)
    assert not issubclass(FeedError, ConfigError)


def test_did_you_mean_names_the_nearest_or_nothing():
    assert did_you_mean("bugdet", ["budget", "name"]) == " Did you mean 'budget'?"
    assert did_you_mean("colour", ["budget", "name"]) == ""
    assert did_you_mean("budget", []) == ""
