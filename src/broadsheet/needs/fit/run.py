"""Sheets of labels to a labeller in a folder, with how it compares with the one that learns nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.artifacts import Artifact, Manifest, check_replaceable, write_artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.errors import ConfigError
from broadsheet.core.files import file_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Record
from broadsheet.needs.agree.labels import Labelled as Read
from broadsheet.needs.fit.choose import Compared, Labelled, Way, compare, learn, places_of, sharpened, unseen
from broadsheet.needs.fit.rows import Rows, learnable, rows_of
from broadsheet.needs.label.classifier import FOLDS
from broadsheet.needs.label.prototypes import Prototypes
from broadsheet.needs.label.trained import TrainedConfig
from broadsheet.needs.taxonomy import Taxonomy

KIND = ArtifactKind.NEEDS_LABELLER


class Fitted(Record):
    """What was learnt from: texts by level and who labelled them; which levels were left to the prototypes, how the ways compared, and what that says."""

    taxonomy: str
    texts: int
    annotators: tuple[str, ...]
    levels: Mapping[str, int]
    rare: tuple[str, ...]
    left_out: Mapping[str, int]
    compared: Compared
    says: str
    model: str


class Options(NamedTuple):
    """Whether language models' labels are learnt from too, and the seed of folds and intervals."""

    also_llm: bool = False
    seed: int = 0


def fit(
    paths: Sequence[Path], labelled: Read, out: Path, taxonomy: Taxonomy, prototypes: Prototypes, options: Options | None = None, progress: Progress = silent
) -> tuple[Fitted, Artifact]:
    """Learn from labels that were read from `paths`, and write the labeller.

    Raises ConfigError where fewer than two labels have as many texts as there are folds, or nobody labelled anything; OutputError.
    """
    options = options or Options()
    check_replaceable(out, KIND)
    rows = rows_of(labelled, taxonomy, also_llm=options.also_llm)
    counts = {name: rows.levels.count(name) for name in prototypes.names}
    learnt, rare = learnable(rows.levels, prototypes.names, FOLDS)
    if len(learnt) < 2:
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        raise ConfigError(
            f"Nothing can be learnt: fewer than two labels have {FOLDS} texts or more ({told or 'there is none'}).",
            "Label more posts: broadsheet needs label. Until then --labeller minilm needs no labels.",
        )
    seen = _labelled(rows, prototypes, learnt)
    way, compared = compare(seen, options.seed, progress)
    made = learn(way, seen)
    told = np.flatnonzero(seen.is_learnt)
    places = places_of([rows.levels[row] for row in told.tolist()], learnt)
    made = sharpened(made, unseen(way, seen, FOLDS, options.seed)[told], places)
    says = _says(way, compared)
    config = TrainedConfig(taxonomy=taxonomy.name, features=way.features, sentences=way.sentences, labels=learnt, rare=rare, texts=len(rows.texts), says=says)
    figures = {one.name: one.accuracy for one in compared.tried} | {"gain": compared.gain}
    ends = [(name, end, value) for name, one in figures.items() for end, value in (("", one.value), ("_lo", one.low), ("_hi", one.high))]
    manifest = Manifest(
        kind=KIND,
        config=config.model_dump(mode="json"),
        seed=options.seed,
        parents={"labels": text_hash("\n".join(map(file_hash, paths))), "taxonomy": text_hash(taxonomy.model_dump_json())},
        models={
            "labeller": f"logistic regression on {way.name}",
            "embedder": prototypes.model,
            "beside": prototypes.name,
            "annotators": ", ".join(rows.annotators),
        },
        metrics={f"{name}{end}": value for name, end, value in ends if value is not None}
        | {"is_better": float(compared.is_better)}
        | {f"texts of {name}": float(count) for name, count in counts.items()},
    )
    tensors = {"coefficients": made.coefficients, "intercepts": made.intercepts}
    artifact = write_artifact(out, manifest, tensors={"regression": tensors}, frames={"terms": made.words.frame()} if made.words else None)
    found = Fitted(
        taxonomy=taxonomy.name,
        texts=len(rows.texts),
        annotators=rows.annotators,
        levels=counts,
        rare=rare,
        left_out=rows.left_out,
        compared=compared,
        says=says,
        model=manifest.models["labeller"],
    )
    return found, artifact


def _labelled(rows: Rows, prototypes: Prototypes, learnt: tuple[str, ...]) -> Labelled:
    texts, of = zip(*prototypes.sentences, strict=True)
    vectors = prototypes.vectors(rows.texts)
    return Labelled(
        texts=rows.texts,
        vectors=vectors,
        truth=places_of(rows.levels, prototypes.names),
        weights=rows.weights,
        beside=prototypes.chances(vectors),
        names=prototypes.names,
        learnt=learnt,
        sentences=(texts, prototypes.vectors(texts), places_of(of, prototypes.names)),
    )


def _says(way: Way, compared: Compared) -> str:
    gain = compared.gain
    if compared.is_better:
        return f"Within the labels the classifier is right more often than the prototypes (on {way.name})."
    if gain.high is not None and gain.high < 0:
        return "Within the labels the classifier is right less often than the prototypes, which need no labels: use --labeller minilm."
    return "Within the labels the classifier is no better than the prototypes, as far as so many texts tell: --labeller minilm needs no labels."
