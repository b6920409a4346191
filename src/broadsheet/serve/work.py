"""What a job may be: a report, a fit or a run, each a command with names in it and never a path."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from broadsheet.core.errors import ConfigError
from broadsheet.core.home import home
from broadsheet.core.jobs import Job

NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"
STAGES: Final = ("retrieve", "rank", "plan")
READERS: Final = ("ines", "tomasz")
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "report": ("label", "reader", "ranked_by", "fictional"), "fit": ("models", "metrics"), "run": ("recipe", "reader", "label"),
}  # fmt: skip
RECIPES: Final = ("sample", "papers", "shop", "menu", "movies")


def made_folder(name: str) -> Path:
    """Return where what a job makes lies, by its name. Raises ConfigError for a name that could lead elsewhere."""
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{name!r} is no name.", "Take small letters, figures, - and _.")
    return home() / "site" / name


def _report(payload: Mapping[str, Any]) -> list[list[str]]:
    command = ["report", "--out", str(made_folder("reports")), "--profile", _of(str(payload["reader"]), READERS), "--json"]
    return [command]


def _fit(payload: Mapping[str, Any]) -> list[list[str]]:
    stage, out, world = _of(str(payload["stage"]), STAGES), str(made_folder(str(payload["name"]))), str(home() / "site" / "world")
    last = ["--seed", str(int(payload["seed"])), "--out", out, "--json"]
    if stage == "plan":
        return [["plan", "fit", "--env", "world", *last]]
    return [["world", "--out", world], [stage, "fit", "--world", world, *last]]


def _run(payload: Mapping[str, Any]) -> list[list[str]]:
    return [["run", _of(str(payload["recipe"]), RECIPES), "--out", str(made_folder(str(payload["name"]))), "--json"]]


WORK: Final[Mapping[str, Callable[[Mapping[str, Any]], list[list[str]]]]] = {"report": _report, "fit": _fit, "run": _run}


def command_of(job: Job) -> list[list[str]]:
    """Return the words of `broadsheet` that do a job, one command after the other. Raises ConfigError for a kind or a name that there is not."""
    if job.kind not in WORK:
        raise ConfigError(f"There is no job of the kind {job.kind!r}.", f"Kinds are {', '.join(WORK)}.")
    return WORK[job.kind](job.payload)


def result_of(job: Job, said: str) -> dict[str, Any]:
    """Return what is kept of what the last command printed: figures and names, and no path of this machine."""
    try:
        held = json.loads(said)
    except ValueError:
        held = {}
    return {name: held[name] for name in KEPT[job.kind] if isinstance(held, dict) and name in held}


def _of(stated: str, known: tuple[str, ...]) -> str:
    if stated not in known:
        raise ConfigError(f"{stated!r} is not one of {', '.join(known)}.", "Name one of them.")
    return stated
