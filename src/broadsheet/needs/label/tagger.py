"""A tagger of spans: learns from labelled ones, and returns spans of a text word for word, each with its kind."""

import importlib.util
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, load_artifact, write_artifact
from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError, MissingExtraError
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.needs.label.gazetteer import Gazetteer
from broadsheet.needs.label.looks import features_of
from broadsheet.needs.label.pieces import LAYERS, NAME, WIDTH, Read, cut, open_reader
from broadsheet.needs.label.tokens import BEGINS, GOES_ON, OUTSIDE, Tagged, spans_of, tags_of, tokens_of

if TYPE_CHECKING:
    from broadsheet.needs.label.chain import Batch

# Texts that are tagged at a time.
ASKED = 64
ENCODER = "encoder."


class TaggerConfig(Config):
    """How a tagger learns: what it reads beside words, and for how many rounds over the labelled texts.

    `vectors` none: words, their shapes and neighbours; frozen: MiniLM's vectors of words as well; tuned: its last `layers` learn too, in `tuned_epochs` more rounds.
    A feature counts that stands in `least` texts; `penalty` holds weights near 0.
    """

    vectors: Literal["none", "frozen", "tuned"] = "none"
    epochs: Annotated[int, Field(ge=1)] = 12
    tuned_epochs: Annotated[int, Field(ge=1)] = 4
    layers: Annotated[int, Field(ge=1, le=LAYERS)] = 2
    rate: Annotated[float, Field(gt=0)] = 0.02
    tuned_rate: Annotated[float, Field(gt=0)] = 1e-4
    batch: Annotated[int, Field(ge=1)] = 32
    least: Annotated[int, Field(ge=1)] = 2
    penalty: Annotated[float, Field(ge=0)] = 0.03

    @property
    def reader(self) -> str:
        """What reads the texts."""
        return "chain over words" + {"none": "", "frozen": f" and {NAME}, frozen", "tuned": f" and {NAME}, tuned"}[self.vectors]


class Tagger:
    """Spans of texts, by a conditional random field over words; `name` says what reads the texts.

    >>> from broadsheet.needs.records import Span
    >>> amount, name = Tagged("amount", Span(start=4, end=13, text="20 pounds")), Tagged("person", Span(start=17, end=21, text="Ines"))
    >>> texts = ["pay 20 pounds to Ines", "what is a pound", "who is to pay"] * 8
    >>> tagger = Tagger.fit(texts, [(amount, name), (), ()] * 8)
    >>> [(kind, span.start, span.end, span.text) for kind, span in tagger(["pay 70 pounds to Ines"])[0]]
    [('amount', 4, 13, '70 pounds'), ('person', 17, 21, 'Ines')]
    """

    def __init__(self, config: TaggerConfig, tags: Sequence[str], known: Sequence[str], gazetteer: Gazetteer) -> None:
        if importlib.util.find_spec("torch") is None:
            raise MissingExtraError("A tagger needs torch.", f"Run: {MINILM.install}")
        from broadsheet.needs.label.chain import Chain

        self.config, self.tags, self.known, self.gazetteer = config, tuple(tags), tuple(known), gazetteer
        self.name = config.reader
        self._place = {feature: number for number, feature in enumerate(self.known)}
        self._tokenizer, encoder = open_reader() if config.vectors != "none" else (None, None)
        self._chain = Chain(len(self.known), self.tags, WIDTH if encoder is not None else 0, encoder)

    @classmethod
    def fit(
        cls, texts: Sequence[str], spans: Sequence[Sequence[Tagged]], config: TaggerConfig | None = None, *, seed: int = 0, progress: Progress = silent
    ) -> "Tagger":
        """Learn from texts and their spans, none over another. Raises ConfigError where no text has one, MissingExtraError where torch, or MiniLM where it is wanted, is not installed."""
        kinds = sorted({kind for one in spans for kind, _ in one})
        if not kinds:
            raise ConfigError("A tagger needs texts with spans, and no text has one.", "Label spans, or leave the tagger out.")
        settings, gazetteer = config or TaggerConfig(), Gazetteer.fit(spans)
        cuts = [tokens_of(text) for text in texts]
        features = [features_of(tokens, gazetteer.marks(tokens, own)) for tokens, own in zip(cuts, spans, strict=True)]
        counts = Counter(name for one in features for name in {name for token in one for name in token})
        known = sorted(name for name, count in counts.items() if count >= settings.least)
        made = cls(settings, (OUTSIDE, *(f"{mark}{kind}" for kind in kinds for mark in (BEGINS, GOES_ON))), known, gazetteer)
        made._learn([made._read(text, own) for text, own in zip(texts, spans, strict=True) if tokens_of(text)], seed, progress)
        return made

    def __call__(self, texts: Sequence[str]) -> list[tuple[Tagged, ...]]:
        """Return the spans of each text, in order; every one stands in its text at its place, word for word."""
        from broadsheet.needs.label.chain import batch_of

        found: list[tuple[Tagged, ...]] = [()] * len(texts)
        spoken = sorted((row for row, text in enumerate(texts) if tokens_of(text)), key=lambda row: (len(texts[row]), row))
        for start in range(0, len(spoken), ASKED):
            rows = spoken[start : start + ASKED]
            read = [self._read(texts[row]) for row in rows]
            for row, one, best in zip(rows, read, self._chain.best(batch_of(read)), strict=True):
                found[row] = spans_of(texts[row], one.tokens, [self.tags[tag] for tag in best])
        return found

    def save(self, folder: Path) -> Artifact:
        """Write the tagger as an artefact; MiniLM's weights are in it where they were tuned."""
        tuned = self.config.vectors == "tuned"
        weights = {key: value.numpy() for key, value in self._chain.state_dict().items() if tuned or not key.startswith(ENCODER)}
        values = [(" ".join(words), kind, count) for words, kinds in self.gazetteer.values.items() for kind, count in kinds.items()]
        manifest = Manifest(
            kind=ArtifactKind.TAGGER, config={"tagger": self.config.model_dump(mode="json"), "tags": list(self.tags)}, models={"tagger": self.name}
        )
        frames = {
            "features": pl.DataFrame({Columns.TERM: self.known}, schema={Columns.TERM: pl.String}),
            "values": pl.DataFrame(values, schema={Columns.VALUE: pl.String, Columns.KIND: pl.String, "count": pl.Int64}, orient="row"),
        }
        return write_artifact(folder, manifest, {"chain": weights}, frames)

    @classmethod
    def load(cls, folder: Path) -> "Tagger":
        """Return the tagger that `save` wrote. Raises ArtifactError where there is none, or it was changed."""
        return load_artifact(folder, ArtifactKind.TAGGER, cls._of)

    @classmethod
    def _of(cls, artifact: Artifact) -> "Tagger":
        import torch

        values: dict[tuple[str, ...], dict[str, int]] = {}
        for words, kind, count in artifact.frame("values").iter_rows():
            values.setdefault(tuple(words.split(" ")), {})[kind] = count
        held = artifact.manifest.config
        known = artifact.frame("features")[Columns.TERM].to_list()
        made = cls(TaggerConfig.model_validate(held["tagger"]), held["tags"], known, Gazetteer(values))
        made._chain.load_state_dict({key: torch.from_numpy(value) for key, value in artifact.tensors("chain").items()}, strict=False)
        made._chain.eval()
        return made

    def _read(self, text: str, own: Sequence[Tagged] = ()) -> Read:
        tokens = tokens_of(text)
        named = features_of(tokens, self.gazetteer.marks(tokens, own))
        features = [[self._place[name] for name in token if name in self._place] for token in named]
        tags = [self.tags.index(tag) for tag in tags_of(tokens, own)]
        return Read(tokens, features, tags, cut(self._tokenizer, text, tokens) if self._tokenizer is not None else None)

    def _learn(self, texts: Sequence[Read], seed: int, progress: Progress) -> None:
        from broadsheet.core.train import Stage, descend, train
        from broadsheet.needs.label.chain import batch_of

        config, rounds = self.config, -(-len(texts) // self.config.batch)
        words = tuple(name for name, _ in self._chain.named_parameters() if not name.startswith(ENCODER))
        shared: dict[str, Any] = {"batch": config.batch, "schedule": "linear", "weight_decay": 0.0}
        stages = [Stage(name="words", steps=rounds * config.epochs, learning_rate=config.rate, trainable=words, **shared)]
        if config.vectors == "tuned":
            steps = rounds * config.tuned_epochs
            trainable = (*words, *(f"{ENCODER}encoder.layer.{layer}.*" for layer in range(LAYERS - config.layers, LAYERS)))
            stages.append(Stage(name="tuned", steps=steps, learning_rate=config.tuned_rate, warmup=steps // 10, trainable=trainable, **shared))
        still = self._with_vectors(texts) if config.vectors != "none" else texts
        share = config.penalty / 2 / len(texts)

        def batches(stage: Stage, step: int, rng: np.random.Generator) -> "Batch":
            del step
            known = still if stage.name == "words" else texts
            return batch_of([known[row] for row in rng.choice(len(texts), size=min(stage.batch, len(texts)), replace=False)])

        train(self._chain, stages, batches, descend(lambda chain, batch: chain.loss(batch) + share * chain.norm()), seed=seed, progress=progress)

    def _with_vectors(self, texts: Sequence[Read]) -> list[Read]:
        import torch

        from broadsheet.needs.label.chain import pieces_of

        made: list[Read] = []
        with torch.inference_mode():
            for start in range(0, len(texts), ASKED):
                part = texts[start : start + ASKED]
                vectors = self._chain.read(pieces_of(part)).numpy()
                made += [one._replace(vectors=vectors[row, : len(one.tokens)].copy()) for row, one in enumerate(part)]
        return made
