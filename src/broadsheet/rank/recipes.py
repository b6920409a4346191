"""Settings by name, for the kinds of catalogue that the house knows."""

from collections.abc import Mapping
from typing import Any

_WORLD: Mapping[str, Any] = {
    "size": "small",
    "spread": 0.05,
    "order": "joint",
    "hidden": False,
    "shared": 0,
    "forget": 0.0,
    "prior": True,
    "blur": 0.9,
    "alone": 1.0,
    "taste": 1.0,
    "content": 64,
    "longest": 192,
    "dropout": 0.0,
    "proxy": 0.5,
    "rebuild": 0.0,
    "next": 0.8,
    "choice": 4.0,
    "batch": 512,
    "epochs": 24,
}

# `sequences`: many users, each with some items. `papers`: every paper is new once, so none has an embedding of its own. `libraries`: sets, in no order. `world`: the
# fictional one, in which little is to be learnt by heart. `crowd`: the same with thousands of readers.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "sequences": {},
    "papers": {"size": "small", "own": False, "taste": 1.0, "longest": 20, "batch": 512, "epochs": 20},
    "libraries": {
        "order": "joint",
        "ordered": False,
        "places": False,
        "gaps": False,
        "rotary": False,
        "proxy": 0.0,
        "taste": 1.0,
        "longest": 100,
        "dropout": 0.6,
        "batch": 8192,
        "epochs": 20,
        "learning_rate": 0.003,
    },
    "world": _WORLD,
    "crowd": {
        **_WORLD,
        "size": "base",
        "content": 24,
        "blur": 0.95,
        "dropout": 0.2,
        "strange": 0.1,
        "next": 0.4,
        "fresh": 12.0,
        "alone": 2.0,
        "batch": 1024,
        "epochs": 6,
    },
}
