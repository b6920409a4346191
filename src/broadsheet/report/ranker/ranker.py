"""The ranker as a component: weights for each situation a page can be in, fitted on authors as readers."""

import importlib.resources
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np
import polars as pl
from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.choice import Choice, Day, fit_choice
from broadsheet.core.component import Component
from broadsheet.core.config import Config, Size
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import NoPapersError
from broadsheet.core.home import artifact_folder
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, ArtifactKind, Columns
from broadsheet.report.authors import AuthorDays
from broadsheet.report.ranker.signals import signal_names
from broadsheet.report.ranker.stream import LEAST_FOR_LINKS, Stream
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder, TfidfEmbedder
from broadsheet.represent.linked import LinkedConfig, LinkedProjection

LEAST_DAYS = 30


class RankerConfig(Config):
    """`size` is how much of a history is learnt from: the newest 60, 250 or 1,000 labels.

    `links` says whether a projection is learnt from who wrote what (it needs torch, and makes the
    artefact some megabytes larger), `penalty` is that of the squared weights.
    """

    size: Size = "small"
    links: bool = True
    penalty: Annotated[float, Field(gt=0)] = 1e-3

    @property
    def labels(self) -> int:
        """How many labels are learnt from."""
        return {"tiny": 60, "small": 250, "base": 1000}[self.size]


class Situation(NamedTuple):
    """What a page has to go by: the spaces there are, and whether anything was read before today."""

    spaces: tuple[str, ...]
    history: bool

    def __str__(self) -> str:
        """Name the situation, as the artefact and the page do."""
        return f"{' + '.join(self.spaces)}, against {'what came before' if self.history else 'the same list'}"

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of the signals there are."""
        return signal_names(self.spaces, circle=self.history)


class Linked(NamedTuple):
    """The words and the projection that place a text among what belongs together."""

    words: TfidfEmbedder
    projection: LinkedProjection

    def __call__(self, texts: Sequence[str], dense: np.ndarray) -> np.ndarray:
        """Return unit rows `[N, e]` of texts with their dense vectors."""
        return self.projection(self.words(texts), dense)


class ReaderRanker(Component[RankerConfig]):
    """A model of choice for each situation.

    `fit` takes a catalogue of announced items with creators: each author is a reader of the days
    on which they announce something (see `report.authors`).
    """

    config_type = RankerConfig
    kind = ArtifactKind.RANKER

    def __init__(self, config: RankerConfig | None = None) -> None:
        super().__init__(config)
        self.choices: dict[str, Choice] = {}
        self.linked: Linked | None = None
        self.origin = ""

    def __call__(self, situation: Situation) -> Choice:
        """Return the model for a situation; raises `NotFittedError` where there is none."""
        if str(situation) not in self.choices:
            raise self.not_fitted()
        return self.choices[str(situation)]

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0, progress: Progress = silent) -> Artifact:
        """Fit every situation that this installation can be in.

        Raises `NoPapersError` where too few authors announce often enough.
        """
        days = AuthorDays(Announcement(item=item, lists=item.categories) for item in catalogue)
        dense = embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue_of(days), artifact_folder(), progress).vectors if MINILM.is_installed() else None
        self.choices, self.linked = {}, None
        for spaces in (("lexical",), ("lexical", "dense")) if dense is not None else (("lexical",),):
            for history in (True, False):
                situation = Situation(spaces, history)
                self.choices[str(situation)] = self._fit(situation, Stream(days, dense if "dense" in spaces else None), progress)
        if self.config.links and dense is not None and len(days.papers) >= LEAST_FOR_LINKS:
            self._fit_links(Stream(days, dense), seed, progress)
        labels = days.days()
        without = "; too few days to learn links from" if self.config.links and self.linked is None else ""
        self.origin = f"authors as readers, {labels[0]} to {labels[-1]}, {len(days.papers):,} papers{without}"
        manifest = Manifest(
            kind=self.kind,
            config=self.config.model_dump(mode="json"),
            seed=seed,
            parents={"catalogue": catalogue.content_hash()},
            models={"origin": self.origin, **({"dense": MiniLMEmbedder(MiniLMConfig()).model} if dense is not None else {})},
        )
        return write_artifact(folder, manifest, *_stored(self.choices, self.linked))

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the ranker that `fit` wrote."""
        self = cls(RankerConfig.model_validate(artifact.manifest.config))
        self.origin = artifact.manifest.models["origin"]
        tensors = artifact.tensors("choices")
        for row in artifact.frame("situations").iter_rows(named=True):
            parts = {part: tensors[f"{row['situation']}: {part}"] for part in ("mean", "deviation", "weights", "calibration")}
            self.choices[row["situation"]] = Choice(names=tuple(row["signals"]), days=row["days"], **parts)
        if "linked.safetensors" in artifact.manifest.files:
            parts = artifact.tensors("linked")
            words = TfidfEmbedder.of_terms(artifact.frame("terms"), float(parts.pop("unseen_idf")))
            self.linked = Linked(words, LinkedProjection(**{name: _wide(part) for name, part in parts.items()}, config=LinkedConfig()))
        return self

    def _fit(self, situation: Situation, stream: Stream, progress: Progress) -> Choice:
        seen: list[Day] = []
        labels = stream.days.days()[-self.config.labels :]
        for number, label in enumerate(labels, 1):
            if situation.history:
                moment = stream.moment(label)
                readings = [stream.reading(user, moment.known) for user in moment.users] if moment else []
            else:
                moment, readings = stream.today(label) or (None, [])
            if moment:
                seen += [Day(moment.sight.signals(r, circle=situation.history), u.relevant) for r, u in zip(readings, moment.users, strict=True)]
            progress(f"labels, {situation}", number, len(labels))
        return self._chosen(situation, seen)

    def _fit_links(self, stream: Stream, seed: int, progress: Progress) -> None:
        """Learn the weights forward, with a projection that knows the months before; keep the projection that knows all.

        Where too few days are left for that there are no links, and the origin says so.
        """
        stream.links = LinkedConfig()
        situation = Situation(("lexical", "dense", "linked"), history=True)
        seen: list[Day] = []
        labels = stream.days.days()[-self.config.labels :]
        for number, label in enumerate(labels):
            if number == 0 or label.replace(day=1) != labels[number - 1].replace(day=1):
                stream.refit(label, seed=seed)
            if stream.is_ready and (moment := stream.moment(label)):
                seen += [Day(moment.sight.signals(stream.reading(u, moment.known), circle=True), u.relevant) for u in moment.users]
            progress(f"labels, {situation}", number + 1, len(labels))
        if _choices_in(seen) < LEAST_DAYS:
            return
        self.choices[str(situation)] = self._chosen(situation, seen)
        everything = len(stream.days.papers)
        lexical = stream.rolling.at(everything)
        assert stream.dense is not None
        joined = [rows for rows in stream.days.by_author.values() if len(rows) > 1]
        projection = LinkedProjection.fit(lexical, stream.dense, joined, stream.links, seed=seed, progress=progress)
        terms = pl.DataFrame({Columns.TERM: stream.rolling.terms, Columns.IDF: stream.rolling.idf(everything)})
        self.linked = Linked(TfidfEmbedder.of_terms(terms, float(np.log(1 + everything) + 1)), projection)

    def _chosen(self, situation: Situation, seen: Sequence[Day]) -> Choice:
        if _choices_in(seen) < LEAST_DAYS:
            raise NoPapersError(
                f"Only {len(seen)} days of authors with three earlier papers are in this history.",
                f"Give a longer one: at least {LEAST_DAYS} such days are needed, papers with creators and dates.",
            )
        return fit_choice(seen, situation.signals, penalty=self.config.penalty)


def _choices_in(seen: Sequence[Day]) -> int:
    """Count the days in which something was taken and something was not."""
    return sum(bool(0 < day.taken.sum() < len(day.taken)) for day in seen)


def catalogue_of(days: AuthorDays) -> Catalogue:
    """Return the papers of a stream as a catalogue, in its order."""
    return Catalogue([a.item for a in days.papers])


def shipped() -> ReaderRanker:
    """Return the ranker that comes with the package; its manifest says what it was fitted on."""
    with importlib.resources.as_file(importlib.resources.files("broadsheet.report.ranker") / "shipped") as folder:
        return ReaderRanker.load(read_artifact(folder, ArtifactKind.RANKER))


def _stored(choices: dict[str, Choice], linked: Linked | None) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, pl.DataFrame]]:
    tensors: dict[str, dict[str, np.ndarray]] = {"choices": {}}
    for name, choice in choices.items():
        for part in ("mean", "deviation", "weights", "calibration"):
            tensors["choices"][f"{name}: {part}"] = getattr(choice, part)
    facts = {"situation": list(choices), "signals": [list(c.names) for c in choices.values()], "days": [c.days for c in choices.values()]}
    frames = {"situations": pl.DataFrame(facts)}
    if linked is not None:
        words, projection = linked
        tensors["linked"] = {
            "columns": projection.columns,
            "basis": projection.basis.astype(np.float16),
            "centre": projection.centre,
            "matrix": projection.matrix,
            "unseen_idf": np.array(words.unseen_idf),
        }
        frames["terms"] = words.frame()
    return tensors, frames


def _wide(part: np.ndarray) -> np.ndarray:
    return part.astype(np.float32) if part.dtype == np.float16 else part
