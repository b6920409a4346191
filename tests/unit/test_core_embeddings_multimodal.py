"""Vectors of catalogues with pictures: named by bytes, a hundred new items embed a hundred, killed runs go on, faults stay with their items."""

import numpy as np
import pytest
from PIL import Image

from broadsheet.core import embeddings
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder
from broadsheet.core.config import Config
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import ImageError, WeightsError
from broadsheet.core.images import read_image
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind, Item


class Colours(MultimodalEmbedder[Config]):
    """Embeds a picture as its mean colour and a text as its length; keeps what it was asked."""

    config_type = Config
    kind = ArtifactKind.EMBEDDER
    model = "colours"

    def __init__(self):
        super().__init__()
        self.asked: list[Content] = []

    def fit(self, catalogue, folder, *, seed=0):
        raise NotImplementedError

    @classmethod
    def load(cls, artifact):
        raise NotImplementedError

    def embed(self, contents, progress=silent):
        self.asked += contents
        rows, faults = np.zeros((len(contents), 4), dtype=np.float32), {}
        for row, (text, image) in enumerate(contents):
            rows[row, 3] = len(text)
            if image is not None:
                try:
                    rows[row, :3] = np.asarray(read_image(image)).mean(axis=(0, 1))
                except ImageError as error:
                    faults[row] = str(error)
            progress("colours", row + 1, len(contents))
        return Embedded(rows, faults)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in {"red": (255, 0, 0), "blue": (0, 0, 255)}.items():
        Image.new("RGB", (4, 4), colour).save(folder / f"{name}.png")
    return folder


def shop(*names):
    return Catalogue(Item(id=name, title=name, images=(f"{name}.png",)) for name in names)


def test_texts_and_pictures_are_read_together_and_found_again(root, tmp_path):
    embedder = Colours()
    made = embed_catalogue(embedder, shop("red", "blue"), tmp_path / "a", root=root)
    assert made.vectors.tolist() == [[255, 0, 0, 3], [0, 0, 255, 4]]
    embed_catalogue(embedder, shop("red", "blue"), tmp_path / "a", root=root)
    assert len(embedder.asked) == 2
    # Without the folder of pictures it is another content: words alone.
    assert embed_catalogue(embedder, shop("red"), tmp_path / "a").vectors.tolist() == [[0, 0, 0, 3]]


def test_other_bytes_under_the_same_name_are_embedded_anew(root, tmp_path):
    embedder = Colours()
    embed_catalogue(embedder, shop("red", "blue"), tmp_path / "a", root=root)
    Image.new("RGB", (4, 4), (0, 255, 0)).save(root / "red.png")
    made = embed_catalogue(embedder, shop("red", "blue"), tmp_path / "a", root=root)
    assert made.vectors[0].tolist() == [0, 255, 0, 3]
    assert len(embedder.asked) == 3


def test_a_hundred_new_items_embed_a_hundred(tmp_path):
    embedder = Colours()
    items = [Item(id=str(n), title="x" * (n + 1)) for n in range(350)]
    embed_catalogue(embedder, Catalogue(items[:250]), tmp_path / "a")
    made = embed_catalogue(embedder, Catalogue(items), tmp_path / "a")
    assert len(embedder.asked) == 350
    assert made.vectors[:, 3].tolist() == list(range(1, 351))
    embed_catalogue(embedder, Catalogue(items), tmp_path / "a")
    assert len(embedder.asked) == 350


def test_a_broken_picture_is_a_fault_of_its_item_and_mended_it_is_embedded(root, tmp_path):
    (root / "torn.png").write_bytes(b"torn")
    embedder = Colours()
    made = embed_catalogue(embedder, shop("red", "torn", "gone"), tmp_path / "a", root=root)
    assert made.faults.keys() == {"torn", "gone"}
    assert all(len(fault.splitlines()) == 2 for fault in made.faults.values())
    assert made.vectors[1].tolist() == [0, 0, 0, 4]
    Image.new("RGB", (4, 4), (9, 9, 9)).save(root / "torn.png")
    mended = embed_catalogue(embedder, shop("red", "torn", "gone"), tmp_path / "a", root=root)
    assert mended.faults.keys() == {"gone"}
    assert mended.vectors[1].tolist() == [9, 9, 9, 4]


def test_a_run_that_was_killed_goes_on_from_its_last_block(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "BLOCK", 10)
    catalogue = Catalogue(Item(id=str(n), title="x" * (n + 1)) for n in range(35))

    class Killed(Exception):
        pass

    def kill(step, done, total):
        assert total == 35
        if done == 28:
            raise Killed

    embedder = Colours()
    with pytest.raises(Killed):
        embed_catalogue(embedder, catalogue, tmp_path / "a", kill)
    embedder.asked.clear()
    made = embed_catalogue(embedder, catalogue, tmp_path / "a")
    assert len(embedder.asked) == 15
    assert made.vectors[:, 3].tolist() == list(range(1, 36))
    assert [path.name for path in (tmp_path / "a").iterdir()] == [made.artifact.path.name]


def test_vectors_that_are_not_finite_are_refused_and_nothing_is_kept(tmp_path):
    class Broken(Colours):
        def embed(self, contents, progress=silent):
            return Embedded(np.full((len(contents), 4), np.nan), {})

    with pytest.raises(WeightsError, match="not finite") as error:
        embed_catalogue(Broken(), shop("red"), tmp_path / "a")
    assert len(str(error.value).splitlines()) == 2
    assert not list((tmp_path / "a").glob("*"))
