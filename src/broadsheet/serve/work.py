"""What a job may be: the site's page, a fit or a run, each a command with names in it and never a path."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from broadsheet.core.errors import ConfigError
from broadsheet.core.home import home, store_path
from broadsheet.core.jobs import Job
from broadsheet.sample import READERS
from broadsheet.stack.recipe import RECIPES
from broadsheet.stack.record import RUN

NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"
STAGES: Final = ("retrieve", "rank", "plan")
PAGE: Final = "page"
"""The job that writes the site's own page anew."""
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "fit": ("models", "metrics"), "run": ("recipe", "reader", "label"), PAGE: ("recipe", "reader", "label"),
}  # fmt: skip


class Place(NamedTuple):
    """Where jobs work: the database from which the site's page learns (empty: that of this installation), and the folder of the site's run."""

    store: str = ""
    run: Path | None = None


def made_folder(name: str) -> Path:
    """Return where what a job makes lies, by its name. Raises ConfigError for a name that could lead elsewhere."""
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{name!r} is no name.", "Take small letters, figures, - and _.")
    return home() / "site" / name


def _fit(payload: Mapping[str, Any]) -> list[list[str]]:
    stage, out, world = _of(str(payload["stage"]), STAGES), str(made_folder(str(payload["name"]))), str(home() / "site" / "world")
    last = ["--seed", str(int(payload["seed"])), "--out", out, "--json"]
    if stage == "plan":
        return [["plan", "fit", "--env", "world", *last]]
    return [["world", "--out", world], [stage, "fit", "--world", world, *last]]


def _run(payload: Mapping[str, Any]) -> list[list[str]]:
    return [["run", _of(str(payload["recipe"]), RECIPES), "--out", str(made_folder(str(payload["name"]))), "--json"]]


def _page(place: Place) -> list[list[str]]:
    """Run again what the site's folder holds; where it holds nothing, the built-in sample."""
    folder = place.run or made_folder("today")
    what = ["--again"] if (folder / RUN).is_file() else ["sample", "--reader", READERS[0]]
    return [["run", *what, "--out", str(folder), "--feedback-from", place.store or str(store_path()), "--json"]]


WORK: Final[Mapping[str, Callable[[Mapping[str, Any]], list[list[str]]]]] = {"fit": _fit, "run": _run}


def command_of(job: Job, place: Place = Place()) -> list[list[str]]:  # noqa: B008
    """Return the words of `broadsheet` that do a job, one command after the other. Raises ConfigError for a kind or a name that there is not."""
    if job.kind == PAGE:
        return _page(place)
    if job.kind not in WORK:
        raise ConfigError(f"There is no job of the kind {job.kind!r}.", f"Kinds are {', '.join([PAGE, *WORK])}.")
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
