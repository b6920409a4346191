"""The bench of staged pretraining at toy size: every ablation is a row, and a random image is told from a real one."""

import json

import numpy as np
import pytest

from broadsheet.core.modality import Content
from broadsheet.retrieve.bench.materials import Material, Sequences
from broadsheet.retrieve.bench.staging import ORDERS, StagingPlan, bench_staging, plans
from broadsheet.retrieve.tokenizer import CodebookConfig

ITEMS = 90

WORDS = ("bakery", "tavern", "museum", "garden")


def material(seed):
    """Items whose image holds what queries ask for, and whose text holds a third of it."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(ITEMS, 6))
    text = hidden[:, :2] @ rng.normal(size=(2, 16)) + 0.2 * rng.normal(size=(ITEMS, 16))
    image = hidden @ rng.normal(size=(6, 20)) + 0.2 * rng.normal(size=(ITEMS, 20))
    asking = rng.normal(size=(6, 10))
    parts = {"train": np.tile(np.arange(50), 6), "validation": np.arange(50, 70), "test": np.arange(70, 90)}
    queries = {
        name: (
            [f"word{item}" if item % 2 else "other" for item in items],
            (hidden[items] @ asking + 0.2 * rng.normal(size=(len(items), 10))).astype(np.float32),
            items,
        )
        for name, items in parts.items()
    }
    there = np.ones(ITEMS, dtype=bool)
    attributes = hidden[:, :3] > 0
    return Material(tuple(f"word{item} thing" for item in range(ITEMS)), Content(text, there), Content(image, there), attributes, queries)


def plan(**more):
    return StagingPlan("toy", material, seeds=1, epochs=3, batch=100, codebook=CodebookConfig(levels=2, size=16), **more)


def test_every_order_and_every_dropped_task_is_an_arm():
    arms = plans(plan(), material(0))
    # Without histories there is no G2 to drop.
    assert len(arms) == 2 + len(ORDERS) + 1 + 7
    assert arms["random image"][1]
    staged, joint = (sum(stage.epochs for stage in arms[name][0].stages) for name in ("staged", "joint"))
    assert staged == joint


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    arms = ("BM25", "staged", "joint", "random image", "without D1")
    bench = bench_staging(plan(arms=arms), tmp_path_factory.mktemp("rows"), "broadsheet bench retrieve-staging", {"data": "toy"})
    assert not bench.missing
    return {row["name"]: row for row in bench.rows}


def test_rows_have_modality_shares_and_paired_differences(rows):
    for name in ("staged", "joint", "random image", "without D1"):
        assert 0 < rows[name]["ids: gradient_share_image"] < 1
        assert {"recall@10 text alone", "recall@10 image alone", "recall@10 without image", "gate of text", "ids collisions"} <= set(rows[name])
    assert rows["staged"]["recall@10_gain"] == pytest.approx(rows["staged"]["recall@10"] - rows["joint"]["recall@10"])
    assert rows["without D1"]["recall@10_gain"] == pytest.approx(rows["without D1"]["recall@10"] - rows["staged"]["recall@10"])
    assert rows["BM25"]["recall@10 shared words"] == 1
    assert rows["BM25"]["ndcg@10 no shared word"] < 0.5


def test_a_random_image_finds_nothing_alone(rows):
    assert rows["staged"]["recall@10 image alone"] > rows["random image"]["recall@10 image alone"]


def test_sequences_with_two_tables_of_codes_are_staged_too(tmp_path):
    rng = np.random.default_rng(0)
    for number, part in enumerate(("train", "valid", "test")):
        lines = [f"{user}\t{' '.join(str((user * 7 + step) % 30) for step in range(4 + number))}\t{(user * 7 + 4 + number) % 30}" for user in range(60)]
        (tmp_path / f"{part}.inter").write_text("user\titems\ttarget\n" + "\n".join(lines))
    for name, letter in (("a", "a"), ("b", "A")):
        (tmp_path / f"index_{name}.tsv").write_text("\n".join(f"{item}\t{letter}_{item // 6} {letter}_{rng.integers(5)}" for item in range(30)))
    few = StagingPlan(
        "toy", lambda _: Sequences.read(tmp_path), seeds=1, epochs=2, batch=60, arms=("BM25", "staged", "joint"), codebook=CodebookConfig(levels=2, size=8)
    )
    assert {"order collab, text, image, fuse", "random image", "without G2"} <= set(plans(few, Sequences.read(tmp_path)))
    found = {row["name"]: row for row in bench_staging(few, tmp_path / "rows", "broadsheet bench retrieve-staging", {"data": "toy"}).rows}
    assert found["staged"]["recall@10_gain"] == pytest.approx(found["staged"]["recall@10"] - found["joint"]["recall@10"])
    assert {"collab, epoch 1: recall@10", "image, epoch last: recall@10 image", "recall@10 without text"} <= set(found["staged"])
    assert "recall@10 shared words" not in found["BM25"]


def test_sequences_with_texts_alone_are_staged_too(tmp_path):
    (tmp_path / "sequences.txt").write_text("\n".join(f"{user} {' '.join(str((user * 7 + step) % 20) for step in range(5))}" for user in range(60)))
    (tmp_path / "items.jsonl").write_text("\n".join(json.dumps({"id": item, "title": f"{WORDS[item // 5]} of the town"}) for item in range(20)))
    few = StagingPlan(
        "toy", lambda _: Sequences.read(tmp_path), seeds=1, epochs=1, batch=60, arms=("staged", "joint"), codebook=CodebookConfig(levels=2, size=8)
    )
    made = bench_staging(few, tmp_path / "rows", "broadsheet bench retrieve-staging", {"data": "toy"})
    assert [row["name"] for row in made.rows] == ["staged", "joint"]
    assert not made.missing
