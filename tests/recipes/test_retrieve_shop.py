"""A shop of one's own, as docs/retrieve.md tells it: events in a table, items with titles and a picture, a bundle that answers in words."""

import json
import re
from pathlib import Path

from PIL import Image

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "retrieve.md").read_text(encoding="utf-8")
QUICK = [word for name, value in {"size": "tiny", "levels": 2, "epochs": 4, "id_epochs": 2, "batch": 200}.items() for word in ("--set", f"{name}={value}")]
THINGS = ("teapot", "rope", "lamp")


def test_events_and_items_as_the_docs_have_them_become_a_bundle(here, tmp_path):
    rows = [f"u{user},{(user + step) % 30},{step}" for step in range(5) for user in range(60)]
    (tmp_path / "events.csv").write_text("user,item,time\n" + "\n".join(rows) + "\n")
    (snippet,) = re.findall(r"Of events in a table.*?```python\n(.*?)```", DOCS, re.DOTALL)
    exec(compile(snippet, "docs", "exec"), {})
    assert (tmp_path / "sequences.txt").read_text().splitlines()[1] == "u1 1 2 3 4 5"
    shop = tmp_path / "shop"
    (shop / "pictures").mkdir(parents=True)
    (tmp_path / "sequences.txt").rename(shop / "sequences.txt")
    Image.new("RGB", (40, 40), (30, 60, 200)).save(shop / "pictures" / "4.png")
    (example,) = re.findall(r"```json\n(\{\"id\": 4.*?)\n```", DOCS)
    items = [{"id": number, "title": f"{THINGS[number // 10].title()} {number}", "categories": [THINGS[number // 10]]} for number in range(30) if number != 4]
    items[5]["image"] = "pictures/nowhere.png"
    (shop / "items.jsonl").write_text("\n".join([example, *map(json.dumps, items)]) + "\n")
    fitted = here("retrieve", "fit", "--data", "shop", "--out", "mine", *QUICK)
    assert "60 users, 60 with two items or more, 300 events, 30 items" in fitted.stderr
    assert "titles of 30 items\npictures of 2 items\n" in fitted.stderr
    assert "6: " in fitted.stderr
    assert "nowhere.png" in fitted.stderr
    (answer,) = json.loads(here("retrieve", "run", "mine", "--history", "12,13", "--query", "a lamp", "--category", "lamp", "--json").stdout)["answers"]
    assert {hit["title"].split()[0] for hit in answer["hits"]} == {"Lamp"}
    assert json.loads((tmp_path / "mine" / "manifest.json").read_text())["metrics"]["without image"] == 29
