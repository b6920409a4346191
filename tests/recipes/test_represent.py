"""`broadsheet represent` from end to end on drawn pictures and a few texts: kept, found again, searched, read by the report."""

import json

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ConfigError, ImageError
from broadsheet.core.home import artifact_folder
from broadsheet.core.index import open_index
from broadsheet.core.schema import ArtifactKind
from broadsheet.represent import MiniLMEmbedder
from broadsheet.represent.curate import read_turns

DISHES = {"leek": "Leek soup with potatoes", "chowder": "Potato chowder with cream", "tram": "Night trams after midnight"}
COLOURS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (40, 60, 220), "yellow": (230, 220, 40)}


def broadsheet(*words):
    done = CliRunner().invoke(app, ["represent", *map(str, words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def menu(tmp_path):
    path = tmp_path / "menu.jsonl"
    path.write_text("".join(json.dumps({"id": name, "title": title, "abstract": title}) + "\n" for name, title in DISHES.items()))
    return path


@pytest.fixture
def cards(tmp_path):
    """Four cards with texts, and one whose file is torn."""
    folder = tmp_path / "cards"
    folder.mkdir()
    lines = []
    for name, colour in COLOURS.items():
        image = Image.new("RGB", (60, 60), "white")
        ImageDraw.Draw(image).rectangle((5, 5, 55, 55), fill=colour)
        image.save(folder / f"{name}.png")
        lines.append({"image": f"{name}.png", "title": f"{name} card", "keywords": [name, "paper"], "category": ["cards"]})
    (folder / "torn.png").write_bytes(b"torn")
    lines.append({"image": "torn.png", "title": "torn card", "keywords": ["torn"]})
    (tmp_path / "cards.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\nno json\n")
    return folder


def test_a_catalogue_is_embedded_once_and_its_index_is_an_artefact_with_lineage(menu, tmp_path, monkeypatch):
    facts = json.loads(broadsheet("run", "--source", menu, "--model", "minilm", "--dim", 64, "--format", "int8", "--out", tmp_path / "index", "--json").stdout)
    assert (facts["items"], facts["dimensions"], facts["faults"]) == (3, 64, {})
    index = open_index(read_artifact(tmp_path / "index", ArtifactKind.INDEX))
    assert (len(index), index.config.format) == (3, "int8")
    assert "first 64 dimensions" in index.models["embedder"]
    assert index.parents["embeddings"] == read_artifact(artifact_folder() / facts["path"].rpartition("/")[2], ArtifactKind.EMBEDDINGS).content_hash
    monkeypatch.setattr(MiniLMEmbedder, "_encode", lambda *_: pytest.fail("embedded twice"))
    assert broadsheet("run", "--source", menu).stdout.strip() == facts["path"]


def test_the_report_reads_vectors_by_kind_and_computes_none_of_the_day(menu, tmp_path, monkeypatch):
    (tmp_path / "me.toml").write_text('interests = ["soup with potatoes"]\n')
    broadsheet("run", "--source", menu)
    asked = []
    real = MiniLMEmbedder._encode
    monkeypatch.setattr(MiniLMEmbedder, "_encode", lambda self, texts: asked.extend(texts) or real(self, texts))
    done = CliRunner().invoke(app, ["report", "--source", str(menu), "--profile", str(tmp_path / "me.toml"), "--out", str(tmp_path / "page"), "--json"])
    assert done.exit_code == 0, done.output
    assert not [text for text in asked if any(title in text for title in DISHES.values())]


def test_words_find_items_and_what_reads_no_pictures_says_so(menu, cards):
    done = json.loads(broadsheet("search", "soup of potatoes", "--source", menu, "-k", 2, "--json").stdout)
    assert {hit["id"] for hit in done["hits"]} == {"leek", "chowder"}
    assert done["absent"] == []
    told = broadsheet("search", "soup X-99", "--source", menu, "-k", 2)
    assert told.stdout.splitlines()[0].split() == ["score", "item", "title"]
    assert len(told.stdout.splitlines()) == 3
    assert "No item holds 'X-99'; these are the nearest by meaning." in told.stderr
    assert "Score: the cosine to what was asked, 1 at most, and up to 0.5 more for the share of its words that the item holds." in told.stderr
    with pytest.raises(ConfigError, match="reads no pictures"):
        broadsheet("search", "--image", cards / "red.png", "--source", menu, "--model", "minilm")
    with pytest.raises(ConfigError, match="query is empty"):
        broadsheet("search", "--source", menu)
    with pytest.raises(ConfigError, match="one of the two"):
        broadsheet("run")


def test_turns_are_curated_a_model_is_fitted_on_them_and_finds_by_picture(cards, tmp_path):
    texts = tmp_path / "cards.jsonl"
    done = broadsheet("curate", "--texts", texts, "--images", cards, "--m3t", tmp_path / "m3t", "--out", tmp_path / "turns")
    assert "torn.png" in done.output
    turns = read_artifact(tmp_path / "turns", ArtifactKind.TURNS)
    assert {example.id for example in read_turns(turns)} == {f"{name}.png" for name in COLOURS}
    assert (tmp_path / "m3t" / "M3T.parquet").is_file()
    settings = ("--set", "backbone=tiny:qwen2_vl", "--set", "size=tiny", "--set", "steps=40", "--set", "batch=4", "--set", "learning_rate=3e-3")
    model = tmp_path / "model"
    fitted = json.loads(broadsheet("fit", "--kind", "muco", "--turns", tmp_path / "turns", "--images", cards, *settings, "--out", model, "--json").stdout)
    assert fitted["metrics"]["examples"] == 4
    assert fitted["metrics"]["steps"] == 40
    found = broadsheet("search", "--image", cards / "blue.png", "--texts", texts, "--images", cards, "--model", model, "--json")
    hits = json.loads(found.stdout)["hits"]
    # A tiny random backbone: that all are found is claimed, and nothing of quality.
    assert {hit["id"] for hit in hits} == {*(f"{name}.png" for name in COLOURS), "torn.png"}
    assert "torn.png" in found.stderr
    with pytest.raises(ImageError):
        broadsheet("search", "--image", cards / "torn.png", "--texts", texts, "--images", cards, "--model", model)


def test_what_does_not_go_together_is_refused_in_two_lines(cards, tmp_path):
    texts = tmp_path / "cards.jsonl"
    for words in (
        ("fit", "--kind", "muko", "--images", cards, "--texts", texts),
        ("fit", "--kind", "muco", "--images", cards),
        ("fit", "--kind", "pictures", "--images", cards, "--turns", tmp_path),
        ("fit", "--kind", "muco", "--images", cards, "--texts", texts, "--set", "stepps=3"),
        ("fit", "--images", cards, "--texts", texts, "--recipe", tmp_path / "r.toml", "--seed", 1),
        ("fit", "--images", cards, "--texts", texts, "--further-images", cards),
        ("fit", "--kind", "muco", "--images", cards, "--texts", texts, "--further-images", cards, "--further-texts", texts),
        ("run", "--texts", texts),
        ("search", "x", "--texts", texts, "--images", cards, "--model", "minilmm"),
        ("evaluate", "mmteb", tmp_path, "--model", "minilm"),
    ):
        with pytest.raises(ConfigError) as error:
            broadsheet(*words)
        assert len(str(error.value).splitlines()) == 2, words
