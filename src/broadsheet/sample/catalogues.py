"""Fictional catalogues with customers of their own: a shop, a menu, movies; made of words, drawn with a few shapes."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.files import check_writable, write_file
from broadsheet.core.seeds import generator

START: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAYS, SIDE = 28, 96
# Shares of an act that follow what somebody likes; the rest is chance.
OF_GROUP, OF_KIND = 0.92, 0.85


class Words(NamedTuple):
    """What a catalogue is written with: its groups with their nouns, kinds with a colour each, and a sentence of both."""

    user: str
    item: str
    columns: tuple[str, str, str, str]
    groups: Mapping[str, Sequence[str]]
    kinds: Mapping[str, tuple[int, int, int]]
    sentence: str
    money: tuple[float, float]


SHOP: Final = Words(
    "customer", "sku", ("sku", "name", "description", "category"),
    {
        "teapots": ("teapot", "kettle", "tea tin"), "lamps": ("desk lamp", "lantern", "reading lamp"), "rugs": ("hall rug", "runner", "bath mat"),
        "knives": ("bread knife", "paring knife", "cleaver"), "boots": ("walking boots", "rubber boots", "slippers"), "pots": ("plant pot", "herb trough", "hanging pot"),
    },
    {"cobalt": (34, 72, 168), "ochre": (196, 138, 34), "moss": (86, 124, 60), "brick": (168, 66, 48), "slate": (92, 102, 114)},
    "For the {group} shelf: a {noun} in {kind}, made to be used every day.", (6, 90),
)  # fmt: skip
MENU: Final = Words(
    "guest", "dish", ("dish", "name", "description", "course"),
    {
        "soups": ("broth", "chowder", "cold soup"), "salads": ("leaf salad", "grain salad", "warm salad"), "noodles": ("noodles", "dumplings", "flat noodles"),
        "grill": ("skewers", "roast", "grilled fillet"), "puddings": ("tart", "custard", "sponge"),
    },
    {"ginger": (214, 170, 84), "beetroot": (140, 30, 70), "mint": (110, 178, 130), "lemon": (230, 208, 70), "smoke": (110, 100, 96)},
    "{kind} {noun}, from the {group} of the house, cooked to order.", (4, 24),
)  # fmt: skip
MOVIES: Final = Words(
    "viewer", "movie", ("movie", "title", "plot", "genre"),
    {
        "heists": ("vault", "getaway", "last job"), "ghosts": ("attic", "lighthouse", "empty school"), "space": ("relay", "far station", "comet"),
        "courtroom": ("verdict", "witness", "appeal"), "kitchen comedies": ("soufflé", "wedding cake", "night shift"),
    },
    {"winter": (150, 180, 210), "desert": (210, 160, 90), "harbour": (60, 110, 130), "night": (40, 40, 70), "garden": (90, 150, 80)},
    "One {kind}, a {noun}, and everybody who wanted it: a film for those who like {group}.", (80, 150),
)  # fmt: skip
CATALOGUES: Final[Mapping[str, Words]] = {"shop": SHOP, "menu": MENU, "movies": MOVIES}


def write_catalogue(kind: str, folder: Path, *, users: int = 60, items: int = 80, seed: int = 0) -> Path:
    """Write `items.csv`, `events.csv`, and a picture of each item in `images/` with its words in `pictures.jsonl`: all made up, the same for the same seed.

    Most of what a user has is of two groups and of one kind that they like. Raises ConfigError for a catalogue that there is not.
    """
    if kind not in CATALOGUES:
        raise ConfigError(f"There is no fictional catalogue {kind!r}.{did_you_mean(kind, CATALOGUES)}", f"There are: {', '.join(CATALOGUES)}.")
    words, rng = CATALOGUES[kind], generator(seed, "catalogue", kind)
    check_writable(folder)
    drawn = [(list(words.groups)[row % len(words.groups)], list(words.kinds)[int(rng.integers(len(words.kinds)))]) for row in range(items)]
    ids = [f"{kind[0]}{row:03d}" for row in range(items)]
    table = [[*words.columns, "price" if kind != "movies" else "minutes", "image"]]
    for row, (group, look) in enumerate(drawn):
        nouns = words.groups[group]
        noun = nouns[int(rng.integers(len(nouns)))]
        text = words.sentence.format(kind=look, noun=noun, group=group)
        name = f"{look} {noun} no. {row + 1}"
        value = f"{rng.uniform(*words.money):.0f}" if kind == "movies" else f"{rng.uniform(*words.money):.2f}"
        table.append([ids[row], name[0].upper() + name[1:], text[0].upper() + text[1:], group, value, f"{ids[row]}.png"])
        _draw(folder / "images" / f"{ids[row]}.png", words.kinds[look], list(words.groups).index(group), row)
    shown = [{"image": row[5], "title": row[1], "keywords": [drawn[place][1]], "category": row[3]} for place, row in enumerate(table[1:])]
    write_file(folder / "pictures.jsonl", "".join(f"{json.dumps(one)}\n" for one in shown))
    write_file(folder / "items.csv", _csv(table))
    write_file(folder / "events.csv", _csv([[words.user, words.item, "at"], *_events(words, ids, drawn, users, rng)]))
    return folder


def _events(words: Words, ids: Sequence[str], drawn: Sequence[tuple[str, str]], users: int, rng: np.random.Generator) -> list[list[str]]:
    """Return who had what when, in the order of time."""
    groups, kinds = list(words.groups), list(words.kinds)
    rows = []
    for user in range(users):
        liked, look = rng.permutation(len(groups))[:2], int(rng.integers(len(kinds)))
        weight = np.array([(OF_GROUP if groups.index(g) in liked else 1 - OF_GROUP) * (OF_KIND if kinds.index(k) == look else 1 - OF_KIND) for g, k in drawn])
        count = min(int(rng.integers(6, 15)), len(ids) // 2)
        had = rng.choice(len(ids), size=count, replace=False, p=weight / weight.sum())
        at = np.sort(rng.uniform(0, DAYS * 86400, size=count))
        rows += [
            (START + timedelta(seconds=int(moment)), f"{words.user}{user + 1:02d}", ids[item]) for moment, item in zip(at.tolist(), had.tolist(), strict=True)
        ]
    return [[user, item, at.isoformat().replace("+00:00", "Z")] for at, user, item in sorted(rows)]


def _draw(path: Path, colour: tuple[int, int, int], group: int, row: int) -> None:
    """Draw a shape of the group in the colour of the kind."""
    picture = Image.new("RGB", (SIDE, SIDE), (250, 248, 242))
    pen, low, high = ImageDraw.Draw(picture), 16 + row % 5, SIDE - 16 - row % 7
    if group % 3 == 0:
        pen.ellipse((low, low, high, high), fill=colour)
    elif group % 3 == 1:
        pen.rectangle((low, low + 8, high, high - 8), fill=colour)
    else:
        pen.polygon([(SIDE // 2, low), (high, high), (low, high)], fill=colour)
    for line in range(group):
        pen.line((low, 20 + 12 * line, high, 20 + 12 * line), fill=(250, 248, 242), width=2)
    held = io.BytesIO()
    picture.save(held, "PNG")
    write_file(path, held.getvalue())


def _csv(rows: Sequence[Sequence[str]]) -> str:
    held = io.StringIO(newline="")
    csv.writer(held, lineterminator="\n").writerows(rows)
    return held.getvalue()
