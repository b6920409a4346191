"""A ranker of a shop of one's own, as docs/rank.md tells it."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from broadsheet.core.errors import RecordError
from broadsheet.core.schema import Item
from broadsheet.stack.contents import item_contents

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "rank.md").read_text(encoding="utf-8")
QUICK = [word for name, value in {"size": "tiny", "epochs": 4, "batch": 200}.items() for word in ("--set", f"{name}={value}")]
KINDS = ("Skin Care", "Lips", "Hair", "Tools")


def test_the_example_of_the_docs_runs_on_a_shop(here, tmp_path):
    shop = tmp_path / "shop"
    shop.mkdir()
    rows = [" ".join(str((user + step) % 100) for step in range(6)) for user in range(100)]
    (shop / "sequences.txt").write_text("\n".join(f"u{user} {row}" for user, row in enumerate(rows)) + "\n")
    items = [{"id": number, "title": f"{KINDS[number // 25]} thing {number}", "categories": [KINDS[number // 25]]} for number in range(100)]
    (shop / "items.jsonl").write_text("\n".join(map(json.dumps, items)) + "\n")
    fitted = here("rank", "fit", "--data", "shop", "--out", "beauty", "--json", *QUICK)
    assert "titles of 100 items" in fitted.stderr
    assert [stage["stage"] for stage in json.loads(fitted.stdout)["stages"]] == ["text", "collaborative", "joint"]
    (example,) = re.findall(r"```python\n(from pathlib.*?)```", DOCS, re.DOTALL)
    said: dict = {}
    exec(compile(example, "docs", "exec"), said)
    assert [len(ranking.hits) for ranking in said["rankings"]] == [10, 10]
    assert said["rankings"][1].popular
    ranker = said["ranker"]
    first = ranker.rank(["25", "26"], 200)
    place = {hit.item: number for number, hit in enumerate(first.hits)}
    assert "new" in place
    assert next(hit.title for hit in first.hits if hit.item == "new") == "A balm of roses"


def test_a_new_item_is_seen_as_those_of_the_fit_are(tmp_path):
    Image.new("RGB", (40, 40), (30, 60, 200)).save(tmp_path / "blue.png")
    seen = item_contents(Item(id="new", title="A balm", images=("blue.png",)), tmp_path)
    assert {name: vector.shape for name, vector in seen.items()} == {"text": (384,), "image": (2672,)}
    assert seen["image"].any()
    with pytest.raises(RecordError, match="none") as told:
        item_contents(Item(id="new", title="A balm", images=("none.png",)), tmp_path)
    assert len(str(told.value).splitlines()) == 2
