"""The picture embedder that ships: through the suite of all embedders, and on a world where only figures tell."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from conformance import EmbedderConformance

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.component import Content
from broadsheet.core.packages import EFFICIENTNET, MINILM
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.seeds import generator
from broadsheet.represent.pictures.embedder import SHIPPED, PicturesEmbedder
from broadsheet.sample.world import world

pytestmark = pytest.mark.skipif(not (MINILM.is_installed() and EFFICIENTNET.is_installed()), reason="the weights of both towers are not installed")
SHOWN, K, CHANCE = 80, 10, 0.25
# A precision over so many places strays from chance by less than this, 99 times of 100.
STRAY = 2.58 * np.sqrt(CHANCE * (1 - CHANCE) / (SHOWN * K))


class TestPictures(EmbedderConformance):
    component = PicturesEmbedder


def test_the_weights_that_ship_are_small_and_say_where_they_come_from():
    manifest = read_artifact(SHIPPED, ArtifactKind.EMBEDDER).manifest
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 6_000_000
    assert EFFICIENTNET.sha256 in manifest.models["tower"]
    assert PicturesEmbedder.shipped().model == manifest.models["embedder"]
    assert PicturesEmbedder.shipped(mirrored=False).model != manifest.models["embedder"]
    assert (SHIPPED / "CARD.md").is_file()


@pytest.fixture(scope="module")
def figures():
    """Papers of a generated world, as many of each motif, with what the embedder makes of words, figures, and both."""
    made = world(readers=10, items=800, days=24)
    motifs = made.papers["motif"].to_numpy()
    rng = generator(0, "figures")
    rows = np.concatenate([rng.choice(np.flatnonzero(motifs == motif), SHOWN // 4, replace=False) for motif in np.unique(motifs)])
    papers = list(made.catalogue)
    items = [papers[int(row)] for row in rows]
    pictures = [Image.fromarray(made.figure(item.id)) for item in items]
    embedder = PicturesEmbedder.shipped(mirrored=False)
    said = np.asarray(embedder([f"{item.title}. {item.text[:200]}" for item in items]))
    seen = np.asarray(embedder.embed([Content("", picture) for picture in pictures]).vectors)
    return motifs[rows], said, seen, embedder.config.mix


def precision(vectors, motifs):
    """Mean share of a paper's ten nearest that show its motif."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    near = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return float((motifs[near] == motifs[:, None]).mean())


def both(said, seen, mix):
    """What `embed` makes of a figure with words."""
    rows = mix * seen + (1 - mix) * said
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_motif_is_found_by_figures_and_by_figures_with_words_but_not_by_words(figures):
    motifs, said, seen, mix = figures
    assert precision(seen, motifs) > CHANCE + 4 * STRAY
    assert precision(both(said, seen, mix), motifs) > CHANCE + STRAY
    assert abs(precision(said, motifs) - CHANCE) < STRAY + 1 / SHOWN


def test_figures_that_change_places_find_nothing(figures):
    motifs, said, seen, mix = figures
    moved = seen[generator(0, "permuted").permutation(SHOWN)]
    assert abs(precision(moved, motifs) - CHANCE) < STRAY + 1 / SHOWN
    assert abs(precision(both(said, moved, mix), motifs) - CHANCE) < STRAY + 1 / SHOWN
