"""A run of a few fictional papers by words alone, made by the command itself, whose page a site serves and writes anew."""

import csv
from pathlib import Path

from broadsheet import sample

PAPERS = 24
HOSTILE = 'Bread <script>alert(1)</script> "><img src=x onerror=alert(2)>'
RECIPE = """name = "few"
kind = "papers"
source = "day.csv"
reader = "me.toml"
slate = 6

[stages]
ask = "off"

[ranking]
use_dense = false
"""
PROFILE = """name = "Ana"
interests = ["dense retrieval", "question answering over graphs"]
"""


def write_recipe(folder: Path) -> Path:
    """Write a day of papers, a reader and a recipe; the last paper's title is hostile."""
    papers = [one.item for one in sample.announcements() if one.kind.value == "new"][:PAPERS]
    papers[-1] = papers[-1].model_copy(update={"title": HOSTILE})
    with (folder / "day.csv").open("w", newline="", encoding="utf-8") as file:
        rows = ((one.id, one.title, one.text, ";".join(one.creators), ";".join(one.categories), "2026-03-16") for one in papers)
        csv.writer(file).writerows([("id", "title", "abstract", "authors", "categories", "announced"), *rows])
    (folder / "me.toml").write_text(PROFILE)
    (folder / "few.toml").write_text(RECIPE)
    return folder / "few.toml"
