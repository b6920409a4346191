"""Training of multi-turn models: what a batch holds, that it learns, that it is resumed to the bit, and that a model is only restored on its own backbone."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.backbones.lora import LoraConfig
from broadsheet.core.backbones.tiny import write_tiny
from broadsheet.core.component import Content
from broadsheet.core.contrast import LossConfig, info_nce
from broadsheet.core.errors import NotFittedError, RecordError, WeightsError
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train import Stage
from broadsheet.represent.muco.batches import Sampler, hidden
from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.embedder import MucoEmbedder
from broadsheet.represent.muco.fit import build_model
from broadsheet.represent.muco.objective import Sizes, contrast, muco_objective, read
from broadsheet.represent.muco.pictures import Pictures
from broadsheet.represent.muco.schema import Example, Turn

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (40, 60, 220), "yellow": (230, 220, 40)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for name, colour in COLOURS.items():
        Image.new("RGB", (56, 56), colour).save(folder / f"{name}.png")
    return folder


def examples():
    """Four pictures, of 2 or 3 turns; `a card` answers two of them."""
    made = []
    for number, name in enumerate(COLOURS):
        turns = [Turn(query="which colour", target=name, kind="local", negatives=("purple", "brown")), Turn(query="what is it", target=f"{name} card")]
        if number < 2:
            turns.append(Turn(query="in a word", target="a card", kind="class"))
        made.append(Example(id=name, image=f"{name}.png", turns=tuple(turns)))
    return made


TINY = MucoConfig(size="tiny", backbone="tiny:qwen2_vl", steps=3, batch=4)


def test_turns_stand_in_one_random_order_on_both_sides_and_targets_never_in_a_query():
    sampler = Sampler(examples(), seed=3)
    stage = Stage(name="multi", steps=9, batch=3)
    orders = set()
    for step in range(9):
        batch = sampler(stage, step, np.random.default_rng(step))
        answers = {(e.id, t.query): t.target for e in examples() for t in e.turns}
        for asked, told in zip(batch.queries, batch.targets, strict=True):
            name = asked.shown[1].removesuffix(".png")
            assert [answers[name, query] for query, _ in asked.turns] == [target for target, _ in told.turns]
            assert told.shown == ("", None)
            orders.add(tuple(query for query, _ in asked.turns))
        assert len(batch.owners.image) == sum(len(asked.turns) for asked in batch.queries)
        assert len(batch.hard) == len(batch.owners.hard_image) == 3  # one turn of each example has some
    assert len(orders) > 2


def test_an_epoch_shows_every_example_once_and_the_same_seed_the_same_order():
    stage = Stage(name="multi", steps=9, batch=2)
    drawn = [example.id for step in range(4) for example in Sampler(examples(), seed=5).drawn(stage, step)]
    assert sorted(drawn[:4]) == sorted(drawn[4:]) == sorted(COLOURS)
    assert drawn != [example.id for step in range(4) for example in Sampler(examples(), seed=7).drawn(stage, step)]


def test_identical_answers_of_two_pictures_and_turns_of_one_are_no_negatives():
    batch = Sampler(examples(), seed=1, hard=False).many(examples(), np.random.default_rng(0))
    rows = torch.nn.functional.normalize(torch.randn(10, 4, generator=torch.Generator().manual_seed(1)), dim=1)
    assert info_nce(rows, rows, batch.owners).masked == {"hard": 0, "same_image": 2 * 6 + 2 * 2, "same_text": 2}


def test_a_counterpart_is_hidden_whole_half_the_time_and_else_word_by_word():
    rng = np.random.default_rng(0)
    made = [hidden("one two three four five six", rng) for _ in range(4000)]
    assert np.mean([one == (None,) for one in made]) == pytest.approx(0.5 + 0.5**7, abs=0.03)
    words = [one for one in made if one != (None,)]
    assert np.mean([sum(word is not None for word in one) for one in words]) == pytest.approx(3.0, abs=0.15)
    assert all(not (a is None and b is None) for one in words for a, b in pairwise(one))
    assert hidden("", rng) == (None,)


@pytest.mark.parametrize("twins", ["four", "one"])
def test_stage_two_sums_four_pairs_and_never_takes_the_twin_for_a_negative(twins):
    batch = Sampler(examples(), seed=1).pairs(examples()[:3], np.random.default_rng(2))
    count = 12 + len(batch.hard)
    assert count > 12
    rows = torch.nn.functional.normalize(torch.randn(count, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64), dim=1)
    config = LossConfig(temperature=0.3, direction="q2t", same_text=False)
    found = float(contrast(rows, Sizes(6, 6), batch, config, twins).loss)
    queries, targets, hard = rows[:6], rows[6:12], rows[12:]
    losses = []
    for i in range(3):
        for a in (0, 1):
            for b in (0, 1):
                own = float(queries[2 * i + a] @ targets[2 * i + b]) / 0.3
                others = [targets[2 * j + c] for j in range(3) if j != i for c in ((b,) if twins == "four" else (0, 1))]
                texts = batch.owners.hard_text
                others += [hard[j] for j in range(len(hard)) if not bool(texts[j] == batch.owners.text[i])]
                losses.append(np.log(np.exp([own, *(float(queries[2 * i + a] @ other) / 0.3 for other in others)]).sum()) - own)
    assert found == pytest.approx(np.mean(losses), rel=1e-9)


def test_a_dialogue_of_stage_two_has_two_read_outs_the_first_being_the_one_in_use(root):
    net = build_model(TINY).net.eval()
    batch = Sampler(examples(), seed=1).pairs(examples(), np.random.default_rng(0))
    pictures = Pictures(net.backbone, root)
    with torch.no_grad():
        rows = read(net, batch.queries, pictures)
        used = torch.cat([net.embed([("", asked.shown[1])], [[(asked.turns[0][0], None)]], pictures) for asked in batch.queries])
        other = read(net, [asked._replace(other=("quite", None)) for asked in batch.queries], pictures)
    assert rows.shape[0] == 2 * len(batch.queries)
    assert float((rows[::2] - other[::2]).abs().max()) == 0
    assert float((rows[1::2] - other[1::2]).abs().max()) > 1e-4
    # Line breaks between picture and words differ; the content of the first turn is the same.
    assert float((rows[::2] * used).sum(dim=1).min()) > 0.9


@pytest.mark.parametrize("stage", ["multi", "pair"])
def test_gradcache_in_training_gives_the_gradients_of_the_whole_batch(root, stage):
    config = TINY.model_copy(update={"lora": LoraConfig(rank=2, dropout=0.2)})
    built = build_model(config)
    for name, parameter in built.net.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(1))
    built.net.train()
    sampler = Sampler(examples(), seed=1)
    batch = sampler(Stage(name=stage, steps=1, batch=4), 0, np.random.default_rng(0))
    pictures = Pictures(built.net.backbone, root, kept={})
    grads = {}
    for chunk in (0, 3):
        built.net.zero_grad(set_to_none=True)
        # Dropout follows the order of passes: without chunks both sides are read in one pass each, so it is off here.
        built.net.eval()
        muco_objective(pictures, LossConfig(), chunk=chunk)(built.net, batch)
        grads[chunk] = torch.cat([p.grad.flatten() for p in built.net.parameters() if p.grad is not None])
    assert float((grads[0] - grads[3]).norm() / grads[0].norm()) <= 1e-4


def test_training_lowers_the_loss_and_finds_the_right_answers(root, tmp_path):
    config = MucoConfig(size="tiny", backbone="tiny:qwen2_vl", steps=60, batch=4, learning_rate=3e-3, loss=LossConfig(temperature=0.1))
    fitted = MucoEmbedder(config).fit_examples(examples(), tmp_path / "a", root=root)
    row = fitted.table.row(0, named=True)
    assert row["last_loss"] < 0.35 * row["first_loss"]
    embedder = MucoEmbedder.load(fitted.artifact)
    pictures = embedder.embed([Content("which colour", root / f"{name}.png") for name in COLOURS]).vectors
    words = embedder.embed([Content(name) for name in COLOURS]).vectors
    assert (np.argmax(pictures @ words.T, axis=1) == np.arange(4)).mean() >= 0.75
    assert fitted.artifact.manifest.metrics["pictures_looked_at"] == 4


def test_a_run_that_is_stopped_goes_on_to_the_same_weights(root, tmp_path):
    config = MucoConfig(size="tiny", backbone="tiny:llama", steps=3, pair_steps=2, batch=2, lora=LoraConfig(rank=2, dropout=0.2))
    texts = [example.model_copy(update={"image": None, "text": example.id}) for example in examples()]
    whole = MucoEmbedder(config).fit_examples(texts, tmp_path / "whole").artifact

    class Killed(Exception):
        pass

    def kill(step, done, total):
        if step == "pair" and done == 1:
            raise Killed

    with pytest.raises(Killed):
        MucoEmbedder(config).fit_examples(texts, tmp_path / "again", checkpoints=tmp_path / "run", progress=kill)
    again = MucoEmbedder(config).fit_examples(texts, tmp_path / "again", checkpoints=tmp_path / "run").artifact
    assert again.manifest.files["weights.safetensors"] == whole.manifest.files["weights.safetensors"]


def test_a_model_is_restored_on_its_own_backbone_alone(tmp_path):
    backbone = write_tiny("llama", tmp_path / "own")
    texts = [example.model_copy(update={"image": None, "text": example.id}) for example in examples()]
    config = MucoConfig(size="tiny", backbone=f"hf:{backbone}", steps=1, batch=4)
    artifact = MucoEmbedder(config).fit_examples(texts, tmp_path / "a").artifact
    words = [Content("a red card")]
    first = MucoEmbedder.load(artifact).embed(words).vectors
    assert np.array_equal(first, MucoEmbedder.load(read_artifact(tmp_path / "a", ArtifactKind.EMBEDDER)).embed(words).vectors)
    write_tiny("llama", backbone, seed=1)
    with pytest.raises(WeightsError, match="another") as error:
        MucoEmbedder.load(artifact)
    assert len(str(error.value).splitlines()) == 2


def test_broken_pictures_are_left_out_and_named_and_in_use_are_faults_of_their_rows(root, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for name in COLOURS:
        (tmp_path / f"{name}.png").write_bytes((root / f"{name}.png").read_bytes())
    broken = Example(id="broken", image="broken.png", turns=(Turn(query="what", target="nothing"),))
    embedder = MucoEmbedder(TINY)
    fitted = embedder.fit_examples([*examples(), broken], tmp_path / "a", root=tmp_path)
    assert fitted.faults.keys() == {"broken"}
    assert fitted.artifact.manifest.metrics["left_out"] == 1
    told = []
    contents = [Content("", tmp_path / "broken.png"), Content("words", tmp_path / "broken.png"), Content(""), Content("", root / "red.png"), Content("words")]
    embedded = embedder.embed(contents, lambda _, done, total: told.append((done, total)))
    assert embedded.faults.keys() == {0, 1}
    assert all(len(fault.splitlines()) == 2 for fault in embedded.faults.values())
    lengths = np.linalg.norm(embedded.vectors, axis=1)
    assert lengths == pytest.approx([0, 1, 0, 1, 1], abs=1e-5)
    assert np.allclose(embedded.vectors[1], embedded.vectors[4], atol=1e-5)
    assert told[-1] == (4, 4)


def test_a_narrower_vector_is_the_beginning_of_the_whole_one(tmp_path):
    embedder = MucoEmbedder(MucoConfig(size="tiny", backbone="tiny:llama", steps=0))
    with pytest.raises(NotFittedError):
        embedder.embed([Content("soup")])
    embedder.fit_examples(examples()[:1], tmp_path / "a", root=tmp_path)
    narrow = embedder.truncated(16)
    whole, cut = (one.embed([Content("soup")]).vectors[0] for one in (embedder, narrow))
    assert np.allclose(cut, whole[:16] / np.linalg.norm(whole[:16]), atol=1e-6)
    assert embedder.model != narrow.model
    with pytest.raises(WeightsError, match="dimensions"):
        embedder.truncated(1000)


def test_one_example_gives_nothing_to_contrast():
    with pytest.raises(RecordError, match="no negatives"):
        Sampler(examples()[:1])
