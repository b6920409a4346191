"""What is kept: artefacts, files, the store. Nothing half-written, nothing stale, nothing lost."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa

from broadsheet.core.artifacts import Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Embedder
from broadsheet.core.config import Config
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import ArtifactError, OutputError, StoreError
from broadsheet.core.files import staged_folder, write_file
from broadsheet.core.schema import Announce, Announcement, ArtifactKind, Event, Item
from broadsheet.core.store import Store


def artifact(path: Path, value: float = 1.0):
    return write_artifact(
        path, Manifest(kind=ArtifactKind.EMBEDDINGS, seed=1), {"vectors": {"vectors": np.full((2, 2), value)}}, {"items": pl.DataFrame({"a": [1, 2]})}
    )


def test_the_same_inputs_give_the_same_bytes_and_no_pickle(tmp_path):
    one, two = artifact(tmp_path / "one"), artifact(tmp_path / "two")
    assert one.content_hash == two.content_hash != artifact(tmp_path / "three", 2.0).content_hash
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == ["items.parquet", "manifest.json", "vectors.safetensors"]
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)
    again = read_artifact(tmp_path / "one", ArtifactKind.EMBEDDINGS)
    assert again == one
    assert again.tensors("vectors")["vectors"].tolist() == [[1, 1], [1, 1]]


def changed(path: Path) -> None:
    data = bytearray((path / "vectors.safetensors").read_bytes())
    data[-1] ^= 1
    (path / "vectors.safetensors").write_bytes(bytes(data))


def newer(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))


@pytest.mark.parametrize(
    "damage",
    [changed, newer, lambda p: (p / "items.parquet").unlink(), lambda p: (p / "manifest.json").unlink(), lambda p: (p / "manifest.json").write_text("{")],
)
def test_a_damaged_artefact_is_refused_in_two_lines(tmp_path, damage):
    artifact(tmp_path / "a")
    damage(tmp_path / "a")
    with pytest.raises(ArtifactError) as error:
        read_artifact(tmp_path / "a", ArtifactKind.EMBEDDINGS)
    assert len(str(error.value).splitlines()) == 2


def test_another_kind_and_a_file_that_is_not_in_it(tmp_path):
    made = artifact(tmp_path / "a")
    with pytest.raises(ArtifactError, match="not embedder"):
        read_artifact(tmp_path / "a", ArtifactKind.EMBEDDER)
    with pytest.raises(ArtifactError):
        made.frame("nothing")


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    before = artifact(tmp_path / "a")
    monkeypatch.setattr(pl.DataFrame, "write_parquet", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OutputError):
        artifact(tmp_path / "a", 2.0)
    assert read_artifact(tmp_path / "a", ArtifactKind.EMBEDDINGS) == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_kill_in_the_middle_leaves_the_old_folder(tmp_path):
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "page").write_text("old")
    code = f"import os,pathlib\nfrom broadsheet.core.files import staged_folder\nwith staged_folder(pathlib.Path({str(tmp_path / 'day')!r})) as s:\n (s/'page').write_text('new'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert (tmp_path / "day" / "page").read_text() == "old"


def test_a_folder_moved_aside_by_a_kill_is_put_back(tmp_path):
    (tmp_path / ".day.before").mkdir()
    (tmp_path / ".day.before" / "page").write_text("old")
    with pytest.raises(ValueError, match="stop"), staged_folder(tmp_path / "day"):
        raise ValueError("stop")
    assert (tmp_path / "day" / "page").read_text() == "old"


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    write_file(tmp_path / "a" / "b.txt", "text")
    assert (tmp_path / "a" / "b.txt").read_text() == "text"
    with pytest.raises(OutputError):
        write_file(tmp_path / "a" / "b.txt" / "c", "text")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


class CountingEmbedder(Embedder[Config]):
    """Embeds a text as the counts of two letters, and counts its work."""

    config_type = Config
    kind = ArtifactKind.EMBEDDER

    def __init__(self):
        super().__init__(Config())
        self.embedded: list[str] = []

    model = "letters"

    def fit(self, catalogue, folder, *, seed=0):
        raise AssertionError

    @classmethod
    def load(cls, artifact):
        raise AssertionError

    def __call__(self, texts, progress=None):
        self.embedded += texts
        return np.array([[text.count("a"), text.count("b")] for text in texts], dtype=np.float32)


def test_vectors_are_made_once_and_only_for_what_is_new(tmp_path):
    embedder = CountingEmbedder()
    soup, stew, bread = (Item(id=name, title=name) for name in ("soup a", "stew ab", "bread b"))
    embed_catalogue(embedder, Catalogue([soup, stew]), tmp_path)
    again = embed_catalogue(embedder, Catalogue([soup, stew]), tmp_path)
    assert embedder.embedded == ["soup a", "stew ab"]
    assert again.rows(["stew ab", "nobody", "soup a"]).vectors.tolist() == [[1, 1], [1, 0]]
    assert again.rows(["nobody"]).unknown == ("nobody",)
    embed_catalogue(embedder, Catalogue([bread, stew]), tmp_path)
    assert embedder.embedded[2:] == ["bread b"]


def test_a_changed_word_and_a_damaged_cache_are_embedded_anew(tmp_path):
    embedder = CountingEmbedder()
    embed_catalogue(embedder, Catalogue([Item(id="x", title="a")]), tmp_path)
    vectors = embed_catalogue(embedder, Catalogue([Item(id="x", title="ab")]), tmp_path)
    assert vectors.vectors.tolist() == [[1, 1]]
    for path in tmp_path.glob("*/vectors.safetensors"):
        path.write_bytes(b"broken")
    assert embed_catalogue(embedder, Catalogue([Item(id="x", title="ab")]), tmp_path).vectors.tolist() == [[1, 1]]
    assert embedder.embedded == ["a", "ab", "ab"]
    assert embed_catalogue(embedder, Catalogue([]), tmp_path).ids == []


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "state" / "store.sqlite")
    yield opened
    opened.close()


def paper(version: int, title: str = "T") -> Announcement:
    item = Item(id="2511.05885", title=title, version=version, announced=date(2026, 3, 15 + version))
    return Announcement(item=item, kind=Announce.NEW if version == 1 else Announce.REPLACE, lists=("cs.IR",))


def test_the_newest_version_before_the_one_asked_for(store):
    store.record_day([paper(1, "Old"), paper(2, "Newer"), paper(4, "Newest")])
    store.record_day([paper(2, "Newer")])
    assert store.earlier_versions([paper(4).item])["2511.05885"].title == "Newer"
    assert store.earlier_versions([paper(1).item]) == {}
    assert store.earlier_versions([]) == {}


def test_the_store_is_in_wal_mode_and_keeps_an_event_once(store):
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
    at = datetime(2026, 3, 16, 9, tzinfo=timezone(timedelta(hours=8)))
    event = Event(user="ana", item="x", kind="saved", at=at, slot=3, propensity=0.1)
    store.record_events([event, event])
    (kept,) = store.events("ana")
    assert kept == event
    assert kept.at == datetime(2026, 3, 16, 1, tzinfo=UTC)
    assert store.events("nobody") == []


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path):
    path = tmp_path / "store.sqlite"
    Store(path).close()
    code = (
        "import sys; from datetime import datetime, UTC; from broadsheet.core.store import Store; from broadsheet.core.schema import Event\n"
        "s = Store(sys.argv[1])\n"
        "for n in range(40): s.record_events([Event(user=sys.argv[2], item=str(n), kind='opened', at=datetime(2026, 3, 16, tzinfo=UTC))])\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), user]) for user in ("ana", "sam")]
    assert [w.wait(60) for w in writers] == [0, 0]
    store = Store(path)
    assert [len(store.events(user)) for user in ("ana", "sam")] == [40, 40]
    store.close()


def test_a_database_that_cannot_be_used_is_two_lines(tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to be looked at as one" * 100)
    for url in (tmp_path / "text", tmp_path / "text" / "below.sqlite", "nosuchdialect://x"):
        with pytest.raises(StoreError) as error:
            Store(url)
        assert len(str(error.value).splitlines()) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["text"]
