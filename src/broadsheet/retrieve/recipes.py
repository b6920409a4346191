"""Settings by name, for the kinds of catalogue that the house knows."""

from collections.abc import Mapping
from typing import Any

# `sequences`: many users, each with a few items. `papers`: every paper is new once, so none has an embedding of its own. `world`: the fictional one.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "sequences": {},
    "papers": {"size": "small", "own": False, "longest": 20, "batch": 512, "epochs": 20, "id_epochs": 10, "beam": 20, "top": 50},
    "world": {"size": "small", "own": False, "content": 64, "taste": 10.0, "longest": 160, "dropout": 0.1, "batch": 512, "epochs": 20, "id_epochs": 10},
}
