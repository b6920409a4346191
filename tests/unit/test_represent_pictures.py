"""Pictures and texts in one space: families that never straddle a split, a contrast with its masks, an embedder that says what it lacks."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.component import Content
from broadsheet.core.contrast import Owners
from broadsheet.core.errors import ArtifactError, MissingExtraError, NotFittedError, RecordError, WeightsError
from broadsheet.core.metrics import own_ranks
from broadsheet.core.packages import EFFICIENTNET, MINILM
from broadsheet.core.schema import ArtifactKind
from broadsheet.represent.bench.pictures import TUNED, PicturesPlan, bench_pictures, csls_ranks
from broadsheet.represent.pictures import embedder as module
from broadsheet.represent.pictures.embedder import PicturesConfig, PicturesEmbedder
from broadsheet.represent.pictures.families import GIANT, MOST_TESTED, Split, families, split_families, without_near_copies
from broadsheet.represent.pictures.fit import ALPHAS, Recipe, Seen, Texts, fit_head, fit_pictures, fit_ridge
from broadsheet.represent.pictures.head import ImageHead, contrast, recalls
from broadsheet.represent.pictures.labelled import Labelled, Shown, read_labelled
from broadsheet.represent.pictures.tower import WIDTH, PooledTower, TowerConfig, trimmed, views

installed = pytest.mark.skipif(not (MINILM.is_installed() and EFFICIENTNET.is_installed()), reason="the weights of both towers are not installed")
COLOURS = ("red", "green", "blue", "black", "orange", "purple")
ANIMALS = ("cat", "dog", "cow", "hen", "elk", "ant", "bee", "fox", "owl", "rat", "yak", "emu")
SHAPES = ("ellipse", "rectangle", "line")


def draw(number):
    """A shape in a colour, with strokes that no other drawing has."""
    image, rng = Image.new("RGB", (80, 60), "white"), np.random.default_rng(number)
    pen = ImageDraw.Draw(image)
    getattr(pen, SHAPES[number % 3])((8, 8, 70, 50), fill=COLOURS[number // 3 % 6], width=6)
    for _ in range(5):
        pen.line([tuple(point) for point in rng.integers(0, 60, size=(3, 2)).tolist()], fill=tuple(rng.integers(0, 255, size=3).tolist()), width=4)
    return image


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Two dozen drawings with titles, and their manifest."""
    folder = tmp_path_factory.mktemp("drawn")
    lines = []
    for number in range(24):
        name = f"{SHAPES[number % 3]} {ANIMALS[number // 3]}"
        draw(number).save(folder / f"{name}.png")
        lines.append({"image": f"{name}.png", "title": name, "keywords": ["drawn", "hash"]})
    (folder / "texts.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return folder


@pytest.fixture(scope="module")
def fitted(drawn, tmp_path_factory):
    """A tiny embedder fitted on the drawings."""
    home = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(home))
        recipe = Recipe(head=PicturesConfig(size="tiny", batch=16), tested=6, validated=6)
        return fit_pictures(Shown(drawn, (drawn / "texts.jsonl",)), home / "out", recipe)


def test_a_manifest_is_read_with_its_dirt(tmp_path):
    lines = [
        '{"image": "a.png", "title": "Fish &amp;amp; chips http://example.org", "keywords": ["Food", "unsorted", "hash", "fish"]}',
        '{"image": "b.png", "en": "A lamp", "keywords": "light, lamp"}',
        '{"title": "no picture"}',
        "no json",
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    read = read_labelled([tmp_path / "t.jsonl"])
    assert [row.text for row in read.rows] == ["Fish & chips: food", "A lamp: light"]
    assert len(read.faults) == 2
    with pytest.raises(RecordError, match="cannot be read"):
        read_labelled([tmp_path / "none.jsonl"])


def test_variants_of_a_drawing_are_one_family():
    rows = [
        Labelled("animals/cat_01.png", "Cat"),
        Labelled("animals/cat_02_red.png", "cat #2"),
        Labelled("pets/tom.png", "CAT"),
        Labelled("pets/tom_03.png", "A tomcat"),
        Labelled("x/dog.png", "Dog"),
    ]
    assert families(rows) == [0, 0, 0, 0, 1]


def manifest(sizes):
    """A manifest with families of these sizes, by title or by stem in turn."""
    rows = []
    for number, size in enumerate(sizes):
        name = "".join("abcdefghij"[int(digit)] * 2 for digit in f"{number:03d}")
        rows += [Labelled(f"{member}/{name}_{member}.png" if number % 2 else f"{name}/q{name}{member}.png", f"{name} {member}") for member in range(size)]
    return rows


@given(st.lists(st.integers(1, 12), min_size=14, max_size=30), st.integers(0, 100))
def test_no_family_stands_in_two_parts(sizes, seed):
    rows = manifest([1, 2, 3, 1, 2, 3, 1, 1, *sizes])
    family = families(rows)
    assert len(set(family)) == len(sizes) + 8
    split = split_families(rows, seed, tested=3, validated=2)
    train, validation, test = ([family[row] for row in part] for part in split)
    assert not set(train) & set(validation)
    assert not set(train) & set(test)
    assert not set(validation) & set(test)
    assert len(set(test)) == len(test) == 3
    assert len({rows[row].title.lower() for row in split.test}) == 3
    assert all(family.count(number) <= MOST_TESTED for number in (*test, *validation))


def test_giants_are_thinned_and_too_few_families_are_an_error():
    rows = manifest([200, 1, 1, 1, 1, 1, 1])
    split = split_families(rows, 0, tested=2, validated=2)
    assert sum(families(rows)[row] == 0 for row in split.train) == GIANT
    assert split == split_families(rows, 0, tested=2, validated=2) != split_families(rows, 1, tested=2, validated=2)
    with pytest.raises(RecordError, match="families"):
        split_families(rows, 0, tested=50)


def test_near_copies_of_training_pictures_are_not_tested_on():
    rows = manifest([1] * 8)
    vectors = np.eye(8)
    split = split_families(rows, 0, tested=2, validated=2)
    vectors[split.test[0]] = vectors[split.train[0]] * 3
    assert without_near_copies(split, vectors) == split._replace(test=split.test[1:])


def test_ranks_count_what_lies_nearer_and_half_of_what_ties():
    rng = np.random.default_rng(0)
    queries, targets = rng.normal(size=(20, 4)).round(), rng.normal(size=(20, 4)).round()
    for row, rank in enumerate(own_ranks(queries @ targets.T)):
        scores = [float(queries[row] @ target) for target in targets]
        others = [score for number, score in enumerate(scores) if number != row]
        assert rank == sum(score > scores[row] for score in others) + sum(score == scores[row] for score in others) / 2
    # Vectors that are all the same find nothing: every rank is the middle one.
    assert (own_ranks(np.ones((9, 9))) == 4).all()
    assert (csls_ranks(np.ones((9, 4)), np.ones((9, 4))) == 4).all()


def test_the_contrast_is_infonce_with_family_and_text_masked():
    head, rng = ImageHead(12, 8, 6, 0.0).eval(), np.random.default_rng(1)
    features = torch.from_numpy(rng.normal(size=(5, 12)).astype(np.float32))
    captions = torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(5, 6)).astype(np.float32)), dim=1)
    family, text = [0, 0, 1, 2, 3], [0, 1, 2, 2, 4]
    with torch.no_grad():
        loss = contrast(0.1)(head, (features, captions, Owners.of(family, [0] * 5, text)))
        scores = (head(features) @ captions.T / 0.1).double().numpy()
    sides = []
    for table in (scores, scores.T):
        for row in range(5):
            kept = [other for other in range(5) if other == row or (family[other] != family[row] and text[other] != text[row])]
            sides.append(np.log(np.exp(table[row, kept]).sum()) - table[row, row])
    assert float(loss) == pytest.approx(np.mean(sides), rel=1e-4)


def test_a_white_border_is_cut_away_and_white_stays_whole():
    picture = Image.new("RGB", (100, 50), "white")
    assert trimmed(picture).size == (100, 50)
    picture.paste("red", (10, 20, 40, 30))
    assert trimmed(picture).size == (30, 10)


@installed
def test_the_tower_sees_the_mirror_image_second():
    picture = draw(2)
    plain, mirrored = views(PooledTower().look([picture]))[0]
    alone = PooledTower(TowerConfig(mirrored=False)).look([picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])
    assert alone.shape == (2, WIDTH)
    assert np.allclose(alone, [plain, mirrored], atol=1e-4)


@installed
def test_texts_pictures_and_both_are_embedded_and_faults_stay_with_their_row(fitted, drawn):
    embedder = PicturesEmbedder.load(fitted)
    picture = drawn / "line cat.png"
    told = []
    embedded = embedder.embed(
        [
            Content("red line"),
            Content("", picture),
            Content("red line", picture),
            Content("a lamp", drawn / "none.png"),
            Content("", drawn / "none.png"),
            Content(),
        ],
        lambda step, done, total: told.append((step, done, total)),
    )
    text, image, both, mended, nothing, silent = embedded.vectors
    assert np.allclose(np.linalg.norm(embedded.vectors, axis=1), [1, 1, 1, 1, 0, 0], atol=1e-5)
    assert np.allclose(both, (text + image) / np.linalg.norm(text + image), atol=1e-5)
    assert np.allclose(mended, embedder(["a lamp"])[0], atol=1e-5)
    assert not nothing.any()
    assert not silent.any()
    assert list(embedded.faults) == [3, 4]
    assert all(len(fault.splitlines()) == 2 for fault in embedded.faults.values())


@installed
def test_a_head_learns_what_it_was_shown(fitted, drawn):
    embedder = PicturesEmbedder.load(fitted)
    rows = read_labelled([drawn / "texts.jsonl"]).rows
    shown = np.asarray(embedder.embed([Content("", drawn / row.image) for row in rows]).vectors)
    found = own_ranks(shown @ embedder([row.text for row in rows]).T)
    assert np.mean(found < 5) > 1.5 * 5 / len(rows)
    assert fitted.manifest.metrics["held_out_families"] <= 6
    assert "SHA-256" in fitted.manifest.models["tower"]
    assert fitted.manifest.models["embedder"] == embedder.model


class Planted(Texts):
    """Texts whose vectors are drawn, so that no model runs."""

    def __init__(self, texts):
        self._row = {text: row for row, text in enumerate(sorted(set(texts)))}
        self._vectors = np.random.default_rng(0).normal(size=(len(self._row), 384)).astype(np.float32)


def planted():
    """Pictures whose features hold, by a fixed map, what their titles say."""
    rows = [Labelled(f"{number}.png", f"t{number}") for number in range(60)]
    texts = Planted([row.text for row in rows])
    rng = np.random.default_rng(1)
    seen = texts.raw([row.text for row in rows]) @ rng.normal(size=(384, WIDTH)) + rng.normal(size=(60, WIDTH))
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    return Seen(rows, [Path(row.image) for row in rows], np.stack([seen, seen], axis=1).astype(np.float32), np.arange(60), {}), texts


def test_the_same_seed_trains_the_same_head_and_the_test_rows_play_no_part():
    seen, texts = planted()
    split = Split(list(range(40)), list(range(40, 50)), list(range(50, 60)))
    config = PicturesConfig(size="tiny", batch=16)
    first = fit_head(config, seen, split, texts, seed=3).weights()
    seen.views[split.test] = 0
    again, other = (fit_head(config, seen, split, texts, seed=seed).weights() for seed in (3, 4))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["head.inner.weight"], other["head.inner.weight"])


def test_the_ridge_map_finds_a_map_that_is_linear_and_chooses_alpha_on_validation():
    seen, texts = planted()
    split = Split(list(range(40)), list(range(40, 50)), list(range(50, 60)))
    ridge = fit_ridge(seen, split, texts)
    assert ridge.alpha in ALPHAS
    assert recalls(ridge.project(seen.views[split.train, 0]), texts.raw([seen.rows[row].text for row in split.train]))["recall@1"] > 0.9


@installed
def test_an_embedder_fitted_without_pictures_says_so(drawn, tmp_path):
    from broadsheet.core.catalogue import Catalogue

    embedder = PicturesEmbedder.load(PicturesEmbedder().fit(Catalogue([]), tmp_path / "a"))
    embedded = embedder.embed([Content("a lamp", drawn / "line cat.png")])
    assert "without pictures" in embedded.faults[0]
    with pytest.raises(NotFittedError):
        PicturesEmbedder().embed([Content("a lamp")])


def test_weights_that_were_changed_are_refused(fitted, tmp_path, monkeypatch):
    folder = tmp_path / "shipped"
    folder.mkdir()
    for file in fitted.path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(module, "SHIPPED", folder)
    assert PicturesEmbedder.shipped().model
    weights = bytearray((folder / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(weights)
    with pytest.raises(ArtifactError):
        read_artifact(folder, ArtifactKind.EMBEDDER)
    with pytest.raises(WeightsError, match="not whole"):
        PicturesEmbedder.shipped()


def test_weights_of_another_width_or_not_finite_are_refused():
    head = {f"head.{name}": tensor.numpy() for name, tensor in ImageHead(10, 4, 384, 0.0).state_dict().items()}
    with pytest.raises(WeightsError, match="10 features"):
        PicturesEmbedder().take({"mean": np.zeros(384), **head})
    with pytest.raises(WeightsError, match="not finite"):
        PicturesEmbedder().take({"mean": np.full(384, np.nan), **head})


@installed
@pytest.mark.parametrize("package", [MINILM.package, EFFICIENTNET.package])
def test_missing_weights_are_an_error_with_the_command(fitted, drawn, monkeypatch, package):
    real = importlib.util.find_spec
    module.towers.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == package else real(name, *a))
    with pytest.raises(MissingExtraError, match="pip install"):
        PicturesEmbedder.load(fitted).embed([Content("a lamp", drawn / "line cat.png")])
    module.towers.cache_clear()


@installed
def test_the_bench_measures_every_arm_and_goes_on_where_it_was_stopped(drawn, tmp_path):
    source = Shown(drawn, (drawn / "texts.jsonl",))
    plan = PicturesPlan(source, outside=source, seeds=1, tested=6, validated=4, tuned_steps=2, config=PicturesConfig(size="tiny", batch=16))
    bench = bench_pictures(plan, tmp_path, "broadsheet bench represent")
    again = bench_pictures(plan, tmp_path, "broadsheet bench represent")
    assert [row["name"] for row in again.rows] == [row["name"] for row in bench.rows]
    rows = {row["name"]: row for row in bench.rows}
    assert {"title and keywords, image to text: ours", "title, text to image: ridge", "outside title, image to text: ours"} <= set(rows)
    ours, ridge = (rows[f"title and keywords, image to text: {arm}"] for arm in ("ours", "ridge"))
    assert ours["recall@10_gain"] == pytest.approx(ours["recall@10"] - ridge["recall@10"])
    assert ours["recall@10_gain_lo"] <= ours["recall@10_gain"] <= ours["recall@10_gain_hi"]
    tuned = rows[f"title and keywords, image to text: {TUNED}"]
    assert tuned["recall@10_gain_frozen"] == pytest.approx(tuned["recall@10"] - ours["recall@10"])
    assert not bench.missing


@installed
def test_pictures_become_items_and_their_key_words_queries_and_no_family_is_trained_and_tested_on(drawn):
    from broadsheet.stack.pictures import picture_material

    made = picture_material(Shown(drawn, (drawn / "texts.jsonl",)), 0, tested=6, validated=4)
    count = len(made.titles)
    assert made.text.vectors.shape == (count, 384)
    assert made.image.vectors.shape == (count, WIDTH)
    words, vectors, items = made.queries["test"]
    assert set(words) == {"drawn"}
    assert vectors.shape == (len(items), 384)
    parts = {name: set(of[2].tolist()) for name, of in made.queries.items()}
    assert not parts["train"] & parts["test"]
    assert len(made.queries["train"][2]) == 3 * len(parts["train"])
    assert sum(map(len, parts.values())) == count
