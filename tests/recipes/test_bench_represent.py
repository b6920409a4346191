"""The benches of many turns and of speed at toy size: every row is there, the tower is counted, rows are kept."""

import json

import pytest
from PIL import Image, ImageDraw

from broadsheet.represent.bench.efficiency import EfficiencyPlan, bench_efficiency
from broadsheet.represent.bench.efficiency.data import make_data
from broadsheet.represent.bench.speed import SpeedPlan, bench_speed
from broadsheet.represent.pictures.labelled import read_labelled

WORDS = "lamp bridge apple tower river candle spoon violin kettle ladder anchor basket button camel drum feather garden hammer island jacket".split()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Twenty pictures of as many families, each with seven answers or more."""
    folder = tmp_path_factory.mktemp("drawn")
    lines = []
    for number, word in enumerate(WORDS):
        image = Image.new("RGB", (48, 48), "white")
        ImageDraw.Draw(image).ellipse((4, 4, 20 + number, 44), fill=(12 * number, 255 - 12 * number, 90))
        image.save(folder / f"{word}.png")
        keywords = [f"{word} {kind}" for kind in ("old", "new", "small", "paper", "iron")]
        lines.append({"image": f"{word}.png", "title": word, "keywords": keywords, "category": [f"things {number % 3}"]})
    texts = folder / "texts.jsonl"
    texts.write_text("\n".join(json.dumps(line) for line in lines))
    return folder, texts


def test_unseen_families_are_tested_and_every_answer_stands_once(drawn):
    folder, texts = drawn
    data = make_data(read_labelled([texts]).rows, folder, turns=7, seed=0, most=10, tested=6)
    assert len(data.train) == 10
    assert len(data.test) == 6
    assert not {image for image, _ in data.test} & {example.image for example in data.train}
    assert all(len({turn.target.lower() for turn in example.turns}) == len(example.turns) >= 7 for example in data.train)


def test_both_parts_of_the_bench_of_many_turns(drawn, tmp_path):
    folder, texts = drawn
    plan = EfficiencyPlan(folder, (texts,), seeds=1, tokens=(49,), backbone="native:1:32:{tokens}", batch=4, most=10, tested=6, seconds=0.2, epochs=1, steps=1)
    plan = plan._replace(arms=("A: one turn", "B: seven turns"))
    bench = bench_efficiency(plan, tmp_path, "broadsheet bench represent-efficiency")
    assert not bench.missing
    rows = {row["name"]: row for row in bench.rows}
    assert len(rows) == 2 * 2 + 2 * 2
    for name, row in rows.items():
        if name.startswith("speed"):
            assert row["looks_per_image"] == (1 if "each step" in name else 0)
            assert row["pairs_per_cpu_s"] > 0
        else:
            assert row["chance"] == pytest.approx(1 / 6)
            assert 0 <= row["recall@1"] <= row["recall@10"] == 1
    many = rows["speed, 49 tokens, tower before; B: seven turns"]
    assert many["pairs_per_cpu_s"] == pytest.approx(7 * many["images_per_cpu_s"])
    assert "break_even" in many
    again = bench_efficiency(plan, tmp_path, "broadsheet bench represent-efficiency")
    assert again.rows == bench.rows


def test_speed_has_a_probe_beside_each_row(drawn, tmp_path):
    folder, texts = drawn
    items = tmp_path / "items.jsonl"
    items.write_text("".join(json.dumps({"id": word, "title": word, "abstract": f"About a {word} by the sea."}) + "\n" for word in WORDS))
    bench = bench_speed(
        SpeedPlan((str(items),), folder, (texts,), texts=3, pictures=3, flat=20, seeds=1), tmp_path / "rows", "broadsheet bench represent-speed"
    )
    assert not bench.missing
    timed = [row for row in bench.rows if "per_s" in row]
    assert len(timed) >= 3
    assert all(row["fp32_gflops"] > 0 and row["faults"] == 0 for row in timed)
    assert bench.rows[-1]["last_mib"] >= bench.rows[-1]["first_mib"] > 0
