"""A bundle is fitted once for all readers, is found again by what it was fitted on, and not where any of that is another."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.config import Config
from broadsheet.core.home import artifact_folder
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.stack import kept
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.known import Known
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.steps.bundles import _known
from broadsheet.stack.steps.catalogue import events_step
from broadsheet.stack.steps.step import Work

KIND = ArtifactKind.SEQUENCE_RANKER


class Settings(Config):
    epochs: int = 1


@pytest.fixture
def fits(tmp_path, monkeypatch):
    """Count how often something is fitted."""
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(kept, "contents_of", lambda *_: {})
    done = []

    def fit(known, folder, config, progress=silent):
        done.append(folder)
        return write_artifact(folder, Manifest(kind=KIND), {"a": {"a": np.ones(2)}})

    return fit, done


def known(*histories, title="A"):
    return Known(Catalogue([Item(id="a", title=title), Item(id="b", title="B")]), [list(row) for row in histories])


def test_the_same_is_fitted_once_and_anything_else_again(fits, tmp_path):
    fit, done = fits

    def ask(name, given, epochs=1):
        return kept.fitted(KIND, given, Settings(epochs=epochs), tmp_path / name, fit)

    first, before = ask("one", known("ab"))
    again, found = ask("two", known("ab"))
    assert (before, found, len(done)) == (False, True, 1)
    assert again.content_hash == first.content_hash
    assert again.path == tmp_path / "two"
    for other in (known("ba"), known("ab", "ab"), known("ab", title="C")):
        assert not ask("three", other)[1]
    assert not ask("three", known("ab"), epochs=2)[1]
    assert len(done) == 5
    assert ask("three", known("ab"))[1]


def test_what_is_damaged_is_fitted_anew_and_only_the_newest_are_kept(fits, tmp_path):
    fit, done = fits
    for number in range(5):
        kept.fitted(KIND, known("ab" * (number + 1)), Settings(), tmp_path / "run", fit, most=3)
    folders = sorted(artifact_folder().glob(f"{KIND}-*"))
    assert len(folders) == 3
    (artifact_folder() / "embeddings-1").mkdir()
    assert kept.fitted(KIND, known("ab" * 5), Settings(), tmp_path / "run", fit, most=3)[1]
    for folder in folders:
        (folder / "a.safetensors").write_bytes(b"x")
    assert not kept.fitted(KIND, known("ab" * 5), Settings(), tmp_path / "run", fit, most=3)[1]
    assert len(done) == 6
    assert (artifact_folder() / "embeddings-1").is_dir()


def test_what_is_learnt_from_is_the_same_for_all_readers(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    (tmp_path / "items.csv").write_text("id,title\n" + "".join(f"{item},Thing {item}\n" for item in "abcd"))
    rows = [(user, item) for user, had in (("Ana", "abcd"), ("Bo", "dcb"), ("Cy", "ad")) for item in had]
    (tmp_path / "sales.csv").write_text("user,item,at\n" + "".join(f"{user},{item},2026-03-{day:02d}\n" for day, (user, item) in enumerate(rows, 1)))
    recipe = Recipe(kind="shop", source=(str(tmp_path / "items.csv"),), events=str(tmp_path / "sales.csv"))
    learnt = []
    for reader in ("Ana", "Bo", "Cy"):
        held = Holdings(events_step(recipe, reader).work(Work(Path(tmp_path / reader), {}, silent)).artifact)
        assert held.held_out == {"Ana", "Bo"}
        assert {one.user for one in held.asks} == {reader, *held.held_out}
        learnt.append(_known(held))
    assert {one.catalogue.content_hash() for one in learnt} == {learnt[0].catalogue.content_hash()}
    assert all(one.histories == [["a", "b", "c"], ["d", "c"], ["a", "d"]] for one in learnt)
