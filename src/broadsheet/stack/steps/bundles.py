"""Which bundle a stage takes, and the steps that fit one on the run's own catalogue."""

from collections.abc import Callable, Container, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.config import build
from broadsheet.core.errors import ConfigError
from broadsheet.core.home import data_path
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Asked, Holdings
from broadsheet.stack.recipe import FIT, OFF, SHIPPED, Recipe
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import MEANING, Seen
from broadsheet.stack.steps.vectors import NAME as VECTORS

if TYPE_CHECKING:
    from broadsheet.stack.known import Known

KINDS = {"retrieve": ArtifactKind.RETRIEVER, "rank": ArtifactKind.SEQUENCE_RANKER}
# Where few had few items, what an item shows tells more than who had it: none has an embedding of its own, and taste is by content.
_SMALL: Mapping[str, Any] = {"size": "tiny", "own": False, "content": 32, "batch": 32}
SMALL: Mapping[str, Mapping[str, Any]] = {
    "retrieve": {**_SMALL, "taste": 10.0, "epochs": 8, "id_epochs": 6},
    "rank": {**_SMALL, "taste": 1.0, "epochs": 12},
}
"""What a run fits with where the recipe says nothing else: a small catalogue in seconds. Whoever has many users says so: fit.rank.size = "small"."""


class Chosen(NamedTuple):
    """The bundle of a stage: its folder (None: fitted by the step of that name), and the files that its key hashes."""

    stage: str
    folder: Path | None
    step: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """What the step's key hashes of a bundle that is there already: its manifest has the hash of every file."""
        return () if self.folder is None else (self.folder / "manifest.json",)

    @property
    def parents(self) -> tuple[str, ...]:
        """The step that fits it, if one does."""
        return (self.step,) if self.step else ()

    def path(self, work: Work) -> Path:
        """Return the bundle's folder."""
        return self.folder if self.folder is not None else work.parents[self.step].path

    def content_hash(self, work: Work) -> str:
        """Return the bundle's hash."""
        return read_artifact(self.path(work), KINDS[self.stage]).content_hash

    def named(self) -> str:
        """Say where it comes from."""
        if self.step:
            return "fitted by this run"
        return "comes with the package, fitted on the fictional world" if self.folder == _shipped(self.stage) else f"the folder {self.folder}"


def chosen(stage: str, said: str) -> Chosen:
    """Return the bundle that a recipe's line names. Raises ConfigError for a folder that is not there."""
    if said == FIT:
        return Chosen(stage, None, f"fit-{stage}")
    if said == SHIPPED:
        return Chosen(stage, _shipped(stage))
    folder = data_path(Path(said))
    if not folder.is_dir():
        raise ConfigError(f"stages.{stage} = {said!r}: there is no such folder.", f"Give off, shipped, fit, or a folder that `broadsheet {stage} fit` wrote.")
    return Chosen(stage, folder)


def why_off(said: str, because: str = "", *, meaning: bool = True) -> str:
    """Return why a stage does not run: the recipe says so, for a reason, or what it needs is not there; empty where it runs."""
    if said == OFF:
        return because or "The recipe leaves it out."
    if not meaning:
        return "Left out: it reads items by their meaning, and the recipe takes words alone (ranking.use_dense = false)."
    if find_spec("torch") is None or not MINILM.is_installed():
        return f"Left out: it needs a model of meaning, which is not installed. To add it: {MINILM.install}"
    return ""


def fit_step(stage: str, recipe: Recipe, off: str = "") -> Step:
    """Return the step that fits a bundle on all events but the last of those users who are held out."""
    configure = _configured(stage, recipe)

    def work(given: Work) -> Done:
        from broadsheet.stack.fitting import fit_ranker, fit_retriever
        from broadsheet.stack.kept import fitted

        known = _known(Holdings(given.parents[CATALOGUE]))
        fit: Callable[..., Artifact] = fit_retriever if stage == "retrieve" else fit_ranker
        made, before = fitted(KINDS[stage], known, configure, given.folder, fit, given.progress)
        metrics = made.manifest.metrics
        figures = {name: metrics[name] for name in ("histories", "items") if name in metrics}
        note = "The last events of users who are held out are not in it: on these the weights of the score are fitted."
        return Done(made, figures, f"Fitted before on the same, and taken from there. {note}" if before else note)

    settings = {"config": configure.model_dump(mode="json")}
    return Step(f"fit-{stage}", f"Fit {stage}", KINDS[stage], work, (CATALOGUE, VECTORS), settings=settings, off=off)


def answerable(asks: Sequence[Asked], known: Container[str]) -> list[Asked]:
    """Return the reader's question, and of the others those of which a bundle knows all that was had, offered and taken."""
    first, *rest = asks
    return [first, *(one for one in rest if all(item in known for item in (*one.history, *one.candidates, *filter(None, [one.target]))))]


def given_contents(seen: Seen, item: str) -> dict[str, np.ndarray]:
    """Return an item's vectors by the names that bundles know."""
    row = seen.row[item]
    names = {MEANING: "text", "pictures": "image"}
    return {names[space]: vectors[row] for space, vectors in seen.spaces.items()}


def _known(held: Holdings) -> "Known":
    """Return what is learnt from: all that users had, but the last event of those who are held out."""
    from broadsheet.core.errors import RecordError
    from broadsheet.stack.known import Known

    events = held.events
    if events is None:
        raise RecordError("The catalogue has no events to learn from.", 'Name them: events = "events.csv"')
    out = held.held_out
    grouped = events.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM).iter_rows()
    histories = [list(row[:-1]) if user in out else list(row) for user, row in grouped]
    histories = [row for row in histories if len(row) > 1]
    if not histories:
        raise RecordError("No user has three events or more: there is nothing to learn.", "Give more events, or take a stage's line out of the recipe.")
    return Known(Catalogue([one.item for one in held.offered]), histories, root=held.root)


def _configured(stage: str, recipe: Recipe) -> Any:
    where, given = f"fit.{stage}", {**SMALL[stage], **recipe.fit.get(stage, {})}
    if stage == "retrieve":
        from broadsheet.retrieve.fit import RetrieverConfig

        return build(RetrieverConfig, given, where)
    from broadsheet.rank.config import RankerConfig

    return build(RankerConfig, given, where)


def _shipped(stage: str) -> Path:
    # Not by import: a retriever brings torch with it.
    from broadsheet import stack

    return Path(stack.__path__[0]).parent / stage / "shipped"


def tell_all(progress: Progress, what: str, done: int, total: int) -> None:
    """Tell how far a loop is, about a hundred times in all."""
    if done == total or done % max(1, total // 100) == 0:
        progress(what, done, total)
