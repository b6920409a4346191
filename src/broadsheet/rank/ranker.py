"""The ranker as a component: fitted on histories, loaded from one bundle, asked for plain lists of ids or for users it knows, and kept up to date."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch

from broadsheet.core.artifacts import Artifact, Manifest, arrays_hash, check_replaceable, load_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Component
from broadsheet.core.corpus import Basis, Corpus, corpus_arrays, corpus_frame, corpus_of, numbered, read_corpus
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import ArtifactError, RecordError, WeightsError, did_you_mean
from broadsheet.core.index.nearest import Near
from broadsheet.core.modality import Attributes
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.rank.batches import Log, kept
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, Usual, fit_model, settled
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.scoring import Outputs
from broadsheet.rank.states import UserStates

# What a manifest adds to the model's name where there was nothing to train on.
NOT_TRAINED = ", not trained"
# Fitted on the fictional world as `broadsheet world` makes it, by the recipe `world`.
SHIPPED = Path(__file__).parent / "shipped"


class Hit(NamedTuple):
    """An item, its title, its score over the temperature, and how likely it is next: its share of the softmax over all items.

    The temperature is chosen on held-out items. Where hits are what most had, shares are those of all that was had.
    """

    item: str
    title: str
    score: float
    probability: float


class Ranking(NamedTuple):
    """Items, best first, and what was not as asked: ids that nobody knows, of history and candidates, and candidates `seen` in the history, so left out.

    `popular` says that nothing known was given: hits are then what most had.
    """

    hits: list[Hit]
    unknown: tuple[str, ...] = ()
    popular: bool = False
    seen: tuple[str, ...] = ()


class Ranker(Component[RankerConfig]):
    """What comes next, of all items or of some candidates, for a list of items had before or for a user whose events it was told.

    Every item is one token. Items may come while it answers: one pass through the compression, no training.
    """

    config_type = RankerConfig
    kind = ArtifactKind.SEQUENCE_RANKER

    def __init__(self, config: RankerConfig | None = None) -> None:
        super().__init__(config)
        self._model: SequenceModel | None = None
        self._corpus = Corpus((), {}, {})
        self._bases: dict[str, Basis] = {}
        self._titles: dict[str, str] = {}
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._counts = np.zeros(0, dtype=np.int64)
        self._vectors = torch.zeros(0)
        self._outputs = Outputs(self._vectors)
        self._states: UserStates | None = None
        self.temperature = 1.0
        self._usual: Usual | None = None
        self.timed = self.trained = False

    def fit(
        self,
        catalogue: Catalogue,
        folder: Path,
        *,
        seed: int = 0,
        histories: Sequence[Sequence[str]] = (),
        times: Sequence[Sequence[float]] | None = None,
        passed: Sequence[Sequence[Sequence[str]]] | None = None,
        contents: Mapping[str, Embeddings] | None = None,
        tables: Mapping[str, Attributes] | None = None,
        checkpoints: Path | None = None,
        progress: Progress = silent,
    ) -> Artifact:
        """Fit on what was had, in time order, with the seconds of each event if they are known, and what was `passed` over beside it, if a log tells.

        `contents` are items' vectors by modality, `tables` their attributes (else their categories). The last item of each history of three
        or more is held out: it chooses the weights of every stage but the last, and the temperature. Raises RecordError for an item that
        the catalogue lacks. The artefact also holds `stages`, a line a stage: losses, nDCG@10, shares of experts and of gradients. With `checkpoints` (a folder) a run that was stopped goes on there.
        """
        check_replaceable(folder, self.kind)
        given = contents or {}
        self._bases = {name: Basis.fit(of.vectors, self.config.content) for name, of in given.items()}
        corpus = corpus_of(catalogue, given, self._bases, tables)
        rows = [np.array(row, dtype=np.int64) for row in numbered(corpus, histories)]
        held = [row[:-1] if len(row) >= 3 else row for row in rows]
        train = Ragged.of(held)
        self._counts = np.bincount(train.values, minlength=len(corpus.items))
        self._corpus = corpus
        seconds = None if times is None else _seconds(rows, times)
        log = Log(
            train,
            None if seconds is None else np.concatenate([np.zeros(0), *(row[: len(one)] for row, one in zip(seconds, held, strict=True))]),
            None if passed is None else self._beside(held, passed),
        )
        asked = [number for number, row in enumerate(rows) if len(row) >= 3]
        validation = Asks(
            [held[number] for number in asked],
            np.array([rows[number][-1] for number in asked], dtype=np.int64),
            None if seconds is None else [seconds[number][:-1] for number in asked],
            [held[number] for number in asked],
        )
        identity = {"config": self.config.model_dump(mode="json"), "seed": seed, "data": self._data_hash(log)}
        going = checkpoints / run_hash(identity)[:20] if checkpoints else None
        fitted = fit_model(self.config, corpus, log, validation, seed=seed, folder=going, identity=identity, progress=progress)
        self._titles = {item.id: item.title or ", ".join(item.categories) for item in catalogue}
        self.timed, self.trained, self._usual = times is not None, not fitted.table.is_empty(), fitted.usual
        self._take(fitted.model)
        self.temperature = self._calibrated(validation) if self.trained and asked else 1.0
        facts = {"histories": len(histories), "held out": len(asked), "temperature": self.temperature, **fitted.proxies}
        # Seconds differ from run to run, and the same seed gives the same bytes.
        stages = {"stages": fitted.table.drop("cpu_s")} if self.trained else {}
        made = write_artifact(folder, self._manifest(catalogue, given, facts, seed), self._tensors(), {"items": corpus_frame(corpus, self._titles), **stages})
        if going:
            shutil.rmtree(going, ignore_errors=True)
        return made

    def _manifest(self, catalogue: Catalogue, contents: Mapping[str, Embeddings], metrics: Mapping[str, float], seed: int) -> Manifest:
        lacking = {f"without {name}": (~of.present).sum() for name, of in self._corpus.contents.items()}
        return Manifest(
            kind=self.kind,
            config=self.config.model_dump(mode="json"),
            seed=seed,
            parents={"catalogue": catalogue.content_hash(), **{name: of.artifact.content_hash for name, of in contents.items()}},
            models={
                "component": type(self).__name__,
                "ranker": self.model if self.trained else self.model + NOT_TRAINED,
                "backbone": self._ready().reader.name,
                **{f"content {name}": of.model for name, of in contents.items()},
            },
            metrics={name: float(value) for name, value in {**metrics, "items": len(catalogue), **lacking}.items()},
        )

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the ranker that `fit` wrote. Raises WeightsError where its backbone is not the one that it was fitted on."""
        self = cls(RankerConfig.model_validate(artifact.manifest.config))
        weights, said = artifact.tensors("weights"), artifact.tensors("said")
        self._corpus, self._titles, self._bases = read_corpus(artifact.frame("items"), said)
        self.trained = not artifact.manifest.models["ranker"].endswith(NOT_TRAINED)
        self.timed, self.temperature = bool(said["timed"][0]), float(said["temperature"][0])
        self._usual = Usual(torch.from_numpy(said["usual"]), float(said["level"][0])) if "usual" in said else None
        self._counts = said["counts"].astype(np.int64)
        model = SequenceModel(self.config, len(self._corpus.items), self._corpus.attributes, self._corpus.contents)
        if model.reader.name != artifact.manifest.models["backbone"]:
            raise WeightsError(f"{artifact.path} was fitted on {artifact.manifest.models['backbone']}, and there is {model.reader.name}.", "Name that one.")
        missing, strange = model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
        if strange or any(not name.startswith("reader.inner.") or "lora_" in name for name in missing):
            raise ArtifactError(f"{artifact.path} holds weights of another model.", "Fit it anew.")
        self._take(model.eval())
        return self

    @classmethod
    def of_model(cls, config: RankerConfig, model: SequenceModel, items: Sequence[str]) -> Self:
        """Return a ranker of a model that was made elsewhere, over items by their ids."""
        self = cls(config)
        self._corpus, self._counts = Corpus(tuple(items), {}, {}), np.ones(len(items), dtype=np.int64)
        self._take(model.eval())
        return self

    def parts(self) -> tuple[SequenceModel, torch.Tensor, torch.Tensor]:
        """Return the model, the items' tokens `[N, k, d]`, and what states are multiplied with `[N, d]`."""
        return self._ready(), self._vectors, self._outputs.vectors

    @property
    def model(self) -> str:
        """Name the model by its size, its backbone and its weights."""
        weights = {name: value.numpy() for name, value in self._weights().items()}
        return f"one token an item, {self.config.size}, {self._ready().reader.name}, {arrays_hash(weights)[:12]}"

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, item: object) -> bool:
        return item in self._row

    @property
    def takes(self) -> frozenset[str]:
        """The modalities of which an item's vectors are taken in."""
        return frozenset(self._bases)

    def __call__(self, histories: Sequence[Sequence[str]], k: int = 10) -> list[Ranking]:
        """Return the k items that come next after each history."""
        return [self.rank(history, k) for history in histories]

    def rank(
        self,
        history: Sequence[str] = (),
        k: int = 10,
        candidates: Collection[str] | None = None,
        *,
        exclude_seen: bool = True,
        times: Sequence[float] | None = None,
    ) -> Ranking:
        """Return the k best of `candidates` (all items, if None) after a history, oldest first; what it has is left out, unless `exclude_seen` is false.

        No user and no data set need be known. Raises RecordError for a request that is none.
        """
        if isinstance(history, str):
            raise RecordError(f"{history!r} is one word, not a list of ids.", f"Give [{history!r}], oldest first.")
        _check_ids([*history, *(() if candidates is None else candidates)])
        known = [place for place, item in enumerate(history) if item in self._row]
        if times is not None and len(times) != len(history):
            raise RecordError(f"{len(times)} times for {len(history)} items.", "Give the second of each item, or leave times out.")
        times = None if times is None else [_second(at) for at in times]
        rows = np.array([self._row[history[place]] for place in known], dtype=np.int64)
        count = kept(len(rows), self.config.longest)
        at = None if times is None or not self.timed else [np.array([times[place] for place in known], dtype=np.float64)[len(rows) - count :]]
        state = self._ready().read([rows[len(rows) - count :]], at, self._vectors)
        unknown = [item for item in history if item not in self._row]
        return self._ranked(state, [rows], k, candidates, unknown, exclude_seen=exclude_seen)[0]

    def append(self, user: str, item: str, at: float | None = None) -> None:
        """Tell an event of a user, at a second if it is known; it may come out of order. Raises RecordError for an item that is not there."""
        self.users.append(user, self._known_row(item), None if at is None else _second(at))

    def take_back(self, user: str, item: str) -> None:
        """Take back a user's last event with an item. Raises RecordError where there is none."""
        if not self.users.remove(user, self._known_row(item)):
            raise RecordError(f"{user!r} has no event with {item!r}.", "Take back only what was told.")

    def rank_user(self, user: str, k: int = 10, candidates: Collection[str] | None = None, *, exclude_seen: bool = True) -> Ranking:
        """Return the k best for a user from the events told; of these only what is new is read."""
        return self.rank_users([user], k, candidates, exclude_seen=exclude_seen)[0]

    def rank_users(self, users: Sequence[str], k: int = 10, candidates: Collection[str] | None = None, *, exclude_seen: bool = True) -> list[Ranking]:
        """Return the same for several users, read side by side."""
        _check_ids(() if candidates is None else candidates)
        states = self.users.read(users)
        rows = [np.array(self.users.history(user), dtype=np.int64) for user in users]
        return self._ranked(states, rows, k, candidates, [], exclude_seen=exclude_seen)

    @property
    def users(self) -> UserStates:
        """States of the users whose events were told."""
        if self._states is None:
            self._states = UserStates(self._ready(), self._vectors, timed=self.timed, budget=self.config.state_bytes, dtype=self.config.state_format)
        return self._states

    def put(
        self, item: str, title: str = "", *, attributes: Mapping[str, Sequence[str]] | None = None, contents: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Take a new item in: it can be ranked, and stand in histories, at once. An attribute that is new says nothing.

        `contents` are its vectors by modality, as `broadsheet.stack.contents.item_contents` makes them of its title, text and picture; the title alone is only shown.

        Raises RecordError for an id that is there, for an attribute or a vector that the bundle was not fitted with, and where nothing is said of the item.
        """
        _check_ids([item])
        if item in self._row:
            raise RecordError(f"{item!r} is in the ranker already.", "Give the new item another id.")
        said, shown = self._numbers(attributes or {}), self._shown(contents or {})
        if not any(said.values()) and not shown:
            raise RecordError(f"Nothing is said of {item!r} that the bundle knows.", f"Give attributes or contents as those of the fit: {self._modalities()}.")
        model = self._ready()
        with torch.inference_mode():
            met = torch.from_numpy(np.flatnonzero(self._counts[: len(model.items)]))
            vectors = model.items.newcomer(said, shown, met)
            if self._usual is not None and torch.equal(vectors, model.items.newcomer(said, shown)):
                vectors[0, -1] = settled(model.outputs(vectors[None]), self._usual)[0]
            self._vectors = torch.cat([self._vectors, vectors[None]])
            self._outputs.add(model.outputs(vectors[None])[0])
        self._row[item] = len(self._ids)
        self._ids.append(item)
        self._titles[item] = title
        self._counts = np.append(self._counts, 0)
        if self._states is not None:
            self._states.vectors = self._vectors

    def _numbers(self, said: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        """Return attributes by their numbers."""
        found = {}
        for name, words in said.items():
            if name not in self._corpus.attributes:
                raise RecordError(
                    f"The bundle has no attributes {name!r}.{did_you_mean(name, self._corpus.attributes)}", f"Give those of the fit: {self._modalities()}."
                )
            if isinstance(words, str):
                raise RecordError(f"{name} is one word, not a list of them.", f"Give {{{name!r}: [{words!r}]}}.")
            number = {word: place for place, word in enumerate(self._corpus.attributes[name].names)}
            found[name] = [number[word] for word in words if word in number]
        return found

    def _modalities(self) -> str:
        """Name what the bundle knows of items."""
        return ", ".join([*(f"attributes {name!r}" for name in self._corpus.attributes), *(f"contents {name!r}" for name in self._bases)]) or "none"

    def _shown(self, contents: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return vectors on their basis; one of zeros is an item without the modality."""
        found = {}
        for name, vector in contents.items():
            if name not in self._bases:
                raise RecordError(f"The bundle has no vectors {name!r}.{did_you_mean(name, self._bases)}", f"Give those of the fit: {self._modalities()}.")
            width = len(self._bases[name].mean)
            if np.shape(vector) != (width,) or not np.isfinite(vector).all():
                raise RecordError(f"{name} is no vector of {width} finite numbers.", "Embed it as those of the fit were.")
            if np.any(vector):
                found[name] = self._bases[name](np.asarray(vector)[None])[0]
        return found

    def _ranked(
        self, states: torch.Tensor, seen: Sequence[np.ndarray], k: int, candidates: Collection[str] | None, unknown: Sequence[str], *, exclude_seen: bool
    ) -> list[Ranking]:
        """Return the best by states `[U, d]` of users who had `seen`."""
        if k < 1:
            raise RecordError(f"{k} items are none.", "Ask for one or more.")
        strange = tuple(unknown) + tuple(item for item in (() if candidates is None else candidates) if item not in self._row)
        if not self._ids:
            return [Ranking([], strange) for _ in seen]
        pool = None if candidates is None else np.array(sorted({self._row[item] for item in candidates if item in self._row}), dtype=np.int64)
        hidden = [set(row.tolist()) if exclude_seen else set() for row in seen]
        most = k + max(map(len, hidden), default=0)
        found = []
        for number, (row, best) in enumerate(zip(seen, self._outputs.best(states, most, self.temperature), strict=True)):
            if not len(row) and self._counts.any():
                found.append(Ranking(self._most_had(pool, k), strange, popular=True))
                continue
            near = Near(best.rows, best.scores) if pool is None else self._outputs.among(states[number], pool)
            shown = [(at, score) for at, score in zip(near.rows.tolist(), near.scores.tolist(), strict=True) if at not in hidden[number]][:k]
            hits = [self._hit(at, score / self.temperature, best.total) for at, score in shown]
            had = () if pool is None else tuple(self._ids[at] for at in pool.tolist() if at in hidden[number])
            found.append(Ranking(hits, strange, seen=had))
        return found

    def _most_had(self, pool: np.ndarray | None, k: int) -> list[Hit]:
        """Return what most had, with the share that each has of all that was had, one more for each."""
        total = float(np.log((self._counts + 1).sum()))
        rows = np.arange(len(self._ids)) if pool is None else pool
        order = rows[np.argsort(-self._counts[rows], kind="stable")][:k]
        return [self._hit(row, float(np.log(self._counts[row] + 1)), total) for row in order.tolist()]

    def _hit(self, row: int, score: float, total: float) -> Hit:
        item = self._ids[row]
        return Hit(item, self._titles.get(item, ""), score, float(np.exp(score - total)))

    def _known_row(self, item: str) -> int:
        _check_ids([item])
        if item not in self._row:
            raise RecordError(f"There is no item {item!r}.{did_you_mean(item, self._row)}", "Put it first, or look at the ids of the catalogue.")
        return self._row[item]

    def _calibrated(self, validation: Asks) -> float:
        """Return the temperature by which held-out items are most likely, by steps of a tenth of an octave."""
        asks = validation.within(self.config.longest).some(np.arange(min(2000, len(validation.targets))))
        scores = np.concatenate(list(self._ready().scores(asks.rows, asks.times if self.timed else None)))
        own = scores[np.arange(len(scores)), asks.targets]
        best, found = np.inf, 1.0
        for temperature in 2.0 ** np.arange(-2, 3.01, 0.1):
            scaled = scores / temperature
            most = scaled.max(axis=1)
            loss = float((np.log(np.exp(scaled - most[:, None]).sum(axis=1)) + most - own / temperature).mean())
            if loss < best:
                best, found = loss, float(temperature)
        return found

    def _beside(self, held: Sequence[np.ndarray], passed: Sequence[Sequence[Sequence[str]]]) -> Ragged:
        """Return what stood beside each item that is trained on. Raises RecordError where it is not told of each item."""
        row = {item: number for number, item in enumerate(self._corpus.items)}
        if len(held) != len(passed) or any(len(one) < len(had) for one, had in zip(passed, held, strict=True)):
            raise RecordError("What was passed over is not told of each item of each history.", "Give a list for each item; an empty one says nothing.")
        return Ragged.of([row[item] for item in items if item in row] for one, had in zip(passed, held, strict=True) for items in one[: len(had)])

    def _data_hash(self, log: Log) -> str:
        """Name all that is trained on."""
        arrays = {"values": log.histories.values, "begins": log.histories.begins}
        arrays |= {} if log.times is None else {"times": log.times}
        arrays |= {} if log.passed is None else {"passed": log.passed.values, "passed begins": log.passed.begins}
        return arrays_hash({**arrays, **corpus_arrays(self._corpus, self._bases)})

    def _take(self, model: SequenceModel) -> None:
        self._model, self._states = model, None
        self._ids = list(self._corpus.items)
        self._row = {item: number for number, item in enumerate(self._ids)}
        with torch.inference_mode():
            self._vectors, outputs = (part.float() for part in model.table())
        self._outputs = Outputs(outputs)

    def _ready(self) -> SequenceModel:
        if self._model is None:
            raise self.not_fitted()
        return self._model

    def _weights(self) -> dict[str, torch.Tensor]:
        """Return what was trained; a language model's own weights are not kept, for they are where they came from."""
        return {name: value for name, value in self._ready().state_dict().items() if not name.startswith("reader.inner.") or "lora_" in name}

    def _tensors(self) -> dict[str, dict[str, np.ndarray]]:
        said = {
            "timed": np.array([self.timed]),
            "temperature": np.array([self.temperature]),
            "counts": self._counts.astype(np.int32),
            **({} if self._usual is None else {"usual": self._usual.state.numpy(), "level": np.array([self._usual.level], dtype=np.float32)}),
            **corpus_arrays(self._corpus, self._bases),
        }
        return {"weights": {name: value.numpy() for name, value in self._weights().items()}, "said": said}


def _check_ids(ids: Collection[str]) -> None:
    """Raise RecordError for an id that is no text: the number 4 is not the item '4'."""
    for item in ids:
        if not isinstance(item, str):
            raise RecordError(f"{item!r} is no id: ids are texts.", f"Give {str(item)!r}.")


def _second(at: float) -> float:
    """Return a time as a number of seconds. Raises RecordError for what is none."""
    if isinstance(at, str) or not np.isfinite(at):
        raise RecordError(f"{at!r} is no time.", "Give seconds as a number, for instance those of datetime.timestamp().")
    return float(at)


def _seconds(rows: Sequence[np.ndarray], times: Sequence[Sequence[float]]) -> list[np.ndarray]:
    if [len(row) for row in rows] != [len(row) for row in times]:
        raise RecordError("Times and items of the histories differ in number.", "Give the second of each event, or leave times out.")
    found = [np.asarray(row, dtype=np.float64) for row in times]
    if not all(np.isfinite(row).all() for row in found):
        raise RecordError("A time is no number.", "Give the second of each event, or leave times out.")
    if any((np.diff(row) < 0).any() for row in found):
        raise RecordError("A history is not in the order of its times.", "Sort each history by time.")
    return found


def open_ranker(bundle: Path | None = None) -> Ranker:
    """Read a bundle, or the one of the fictional world that comes with the package; every file's hash is checked.

    Raises ArtifactError for a folder that holds none, and WeightsError where what comes with the package is not whole.
    """
    if bundle is not None:
        return load_artifact(bundle, ArtifactKind.SEQUENCE_RANKER, Ranker.load)
    try:
        return load_artifact(SHIPPED, ArtifactKind.SEQUENCE_RANKER, Ranker.load)
    except ArtifactError as error:
        raise WeightsError(f"The bundle that comes with the package is not whole: {error.what}", "Run: pip install --force-reinstall broadsheet") from None
