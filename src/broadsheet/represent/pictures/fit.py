"""Fitting the small embedder: what is trained on what, and the ridge map that it must beat."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from pydantic import Field

from broadsheet.core.artifacts import Artifact
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.catalogue import Catalogue, text_hash
from broadsheet.core.component import unit
from broadsheet.core.config import Config, build, read_toml
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import RecordError
from broadsheet.core.home import artifact_folder
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.core.train import Evaluate, Stage, descend, train
from broadsheet.represent.minilm import DIMENSIONS
from broadsheet.represent.muco.schema import text_number
from broadsheet.represent.pictures.embedder import PicturesConfig, PicturesEmbedder, towers
from broadsheet.represent.pictures.families import NEAR, Split, families, nearest, split_families, without_near_copies
from broadsheet.represent.pictures.head import Batches, ImageHead, Pairs, contrast, recalls
from broadsheet.represent.pictures.labelled import Labelled, Shown, read_labelled
from broadsheet.represent.pictures.tower import PARTS, WIDTH, views

# The tower's mean over the last maps comes first.
POOLED = PARTS[0]
ALPHAS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


class Seen(NamedTuple):
    """Pictures with texts that could be read: rows, files, what the tower gives of each and of its mirror image, families, and the faults."""

    rows: list[Labelled]
    files: list[Path]
    views: np.ndarray
    family: np.ndarray
    faults: dict[str, str]


def see(rows: Sequence[Labelled], images: Path, progress: Progress = silent) -> Seen:
    """Look at pictures, once ever for each: features are kept as artefacts. `views` are `[N, 2, 2672]`, the mirror image second."""
    catalogue = Catalogue(Item(id=row.image, title=row.title, images=(row.image,)) for row in {row.image: row for row in rows}.values())
    looked = embed_catalogue(towers(mirrored=True)[1], catalogue, artifact_folder(), progress, root=images)
    good = np.array([row.image not in looked.faults for row in rows], dtype=bool)
    seen = views(looked.rows([row.image for row in rows]).vectors)[good]
    kept = [row for row, fine in zip(rows, good, strict=True) if fine]
    return Seen(kept, [images / row.image for row in kept], seen, np.array(families(rows))[good], dict(looked.faults))


def split_seen(seen: Seen, seed: int, *, tested: int = 500, validated: int = 250) -> Split:
    """Split by family, without near copies of what is trained on. Raises RecordError where those leave nothing to test or validate."""
    split = without_near_copies(split_families(seen.rows, seed, tested=tested, validated=validated), seen.views[:, 0, :POOLED])
    if (tested and not split.test) or (validated and not split.validation):
        raise RecordError("Every picture to test or validate on is a near copy of one to train on.", "Give more different pictures, or hold out more.")
    return split


class Texts:
    """MiniLM vectors of texts, each embedded once ever, and those less the mean of the training texts."""

    def __init__(self, texts: Sequence[str], progress: Progress = silent) -> None:
        unique = sorted(set(texts))
        self._row = {text: row for row, text in enumerate(unique)}
        catalogue = Catalogue(Item(id=text_hash(text), title=text) for text in unique)
        self._vectors = embed_catalogue(towers(mirrored=True)[0], catalogue, artifact_folder(), progress).vectors

    def raw(self, texts: Sequence[str]) -> np.ndarray:
        """Return MiniLM's own vectors `[N, 384]`."""
        return self._vectors[[self._row[text] for text in texts]]

    def centred(self, texts: Sequence[str], mean: np.ndarray) -> np.ndarray:
        """Return unit vectors less the mean."""
        return unit(self.raw(texts) - mean)


def captions(row: Labelled) -> tuple[str, str, str]:
    """Return what stands for a picture in training: title with keywords, title, keywords (the title, where there are none)."""
    return row.text, row.title, ", ".join(row.keywords) or row.title


class Fit(NamedTuple):
    """A trained head with the mean it goes with, and figures of the training."""

    head: ImageHead
    mean: np.ndarray
    metrics: dict[str, float]

    def weights(self) -> dict[str, np.ndarray]:
        """Return what an embedder takes, in half precision."""
        state = {f"head.{name}": tensor.numpy().astype(np.float16) for name, tensor in self.head.state_dict().items()}
        return {"mean": self.mean.astype(np.float16), **state}


def fit_head(config: PicturesConfig, seen: Seen, split: Split, texts: Texts, *, further: Seen | None = None, seed: int = 0, progress: Progress = silent) -> Fit:
    """Train a head on the split's training rows (and all of `further`), the best step by recall on its validation rows."""
    mean = texts.raw([seen.rows[row].text for row in split.train]).mean(axis=0)
    pairs = training_pairs(seen, split, texts, mean, further)
    head = ImageHead(WIDTH, config.hidden, DIMENSIONS, config.dropout, seed)
    stage = Stage(
        name="head",
        steps=config.steps,
        learning_rate=config.learning_rate,
        batch=config.batch,
        schedule="cosine",
        warmup=20,
        weight_decay=config.weight_decay,
        evaluate_every=20,
        watch="watched" if split.validation else "",
    )
    validation = torch.from_numpy(seen.views[split.validation].mean(axis=1))
    evaluate = watching(lambda: head(validation).numpy(), seen, split, texts, mean)
    done = train(
        head, [stage], Batches(pairs, config.captions), descend(contrast(config.temperature), "float32"), seed=seed, evaluate=evaluate, progress=progress
    )
    line = done.table.row(0, named=True)
    metrics = {"pictures": float(len(pairs.views)), "validation": float(line["best"] or 0.0), "best_step": float(line["best_step"])}
    return Fit(head.eval(), mean, metrics)


def watching(project: Callable[[], np.ndarray], seen: Seen, split: Split, texts: Texts, mean: np.ndarray) -> Evaluate:
    """Return what is evaluated in training: recall of the split's validation rows, whose vectors `project` gives; `watched` is its mean."""
    spoken = texts.centred([seen.rows[row].text for row in split.validation], mean)

    def evaluate(model: Any) -> Mapping[str, float]:
        del model
        if not split.validation:
            return {}
        shown = project()
        there, back = recalls(shown, spoken), recalls(spoken, shown)
        return {"watched": sum(side[f"recall@{k}"] for side in (there, back) for k in (1, 10)) / 4, **there}

    return evaluate


def training_pairs(
    seen: Seen, split: Split, texts: Texts, mean: np.ndarray, further: Seen | None = None, look: Callable[[Sequence[Path]], np.ndarray] | None = None
) -> Pairs:
    """Return the split's training rows, and all of `further` but near copies of what is held out; `look` gives other views of files than those seen."""
    pairs = _pairs(seen, split.train, texts, mean, 0, look)
    if further is None:
        return pairs
    extra = _pairs(further, _apart(further, seen, split), texts, mean, len(seen.rows), look)
    return Pairs(*(np.concatenate([a, b]) for a, b in zip(pairs, extra, strict=True)))


def _pairs(seen: Seen, rows: Sequence[int], texts: Texts, mean: np.ndarray, offset: int, look: Callable[[Sequence[Path]], np.ndarray] | None) -> Pairs:
    said = [captions(seen.rows[row]) for row in rows]
    vectors = np.stack([texts.centred([each[part] for each in said], mean) for part in range(3)], axis=1).astype(np.float32)
    numbers = np.array([[text_number(text) for text in each] for each in said], dtype=np.int64)
    shown = look([seen.files[row] for row in rows]) if look else np.ascontiguousarray(seen.views[list(rows)])
    return Pairs(shown, vectors, seen.family[list(rows)].astype(np.int64) + offset, numbers)


def _apart(further: Seen, seen: Seen, split: Split) -> list[int]:
    """Return the further rows that are no near copies of what is held out."""
    held = seen.views[[*split.validation, *split.test], 0, :POOLED]
    return np.flatnonzero(nearest(further.views[:, 0, :POOLED], held) <= NEAR).tolist()


class RidgeMap(NamedTuple):
    """A linear map from pooled features to text vectors: the baseline that costs seconds."""

    model: Any
    alpha: float

    def project(self, features: np.ndarray, mean: np.ndarray | float = 0.0) -> np.ndarray:
        """Return unit vectors `[N, 384]`, less a mean of texts where one is given."""
        return unit(self.model.predict(features[:, :POOLED]) - mean)


def fit_ridge(seen: Seen, split: Split, texts: Texts, *, further: Seen | None = None) -> RidgeMap:
    """Fit the ridge map from the tower's pooled features (1280) to MiniLM vectors of title and keywords; alpha by validation."""
    from sklearn.linear_model import Ridge

    rows, shown = [seen.rows[row] for row in split.train], [seen.views[split.train, 0, :POOLED]]
    if further is not None:
        apart = _apart(further, seen, split)
        rows, shown = [*rows, *(further.rows[row] for row in apart)], [*shown, further.views[apart, 0, :POOLED]]
    features, target = np.concatenate(shown), texts.raw([row.text for row in rows])
    spoken = texts.raw([seen.rows[row].text for row in split.validation])
    found = []
    for alpha in ALPHAS:
        made = RidgeMap(Ridge(alpha=alpha).fit(features, target), alpha)  # pyrefly: ignore
        found.append((recalls(made.project(seen.views[split.validation, 0]), spoken)["recall@10"], made))
    return max(found, key=lambda one: one[0])[1]


class Recipe(Config):
    """All that decides a fit besides the pictures: the head, how many families are held out, the seed of split and training."""

    head: PicturesConfig = PicturesConfig()
    seed: Annotated[int, Field(ge=0)] = 0
    tested: Annotated[int, Field(ge=0)] = 500
    validated: Annotated[int, Field(ge=0)] = 250

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """Read a recipe, such as `recipes/represent-pictures.toml`. Raises ConfigError for an unknown setting."""
        return build(cls, read_toml(path), str(path))


def fit_pictures(source: Shown, folder: Path, recipe: Recipe | None = None, *, further: Sequence[Shown] = (), progress: Progress = silent) -> Artifact:
    """Fit the embedder on pictures with texts and write its artefact; test families are left out, validation ones choose the step.

    `further` are more pictures with texts to train on, all but near copies of what is held out. Raises RecordError where nothing
    can be read or too few families are there. With no family held out the last step is kept.
    """
    settings = recipe or Recipe()
    seen = see(read_labelled(source.texts).rows, source.images, progress)
    if not seen.rows:
        raise RecordError("No picture could be read.", "Check --images: paths in the manifest are relative to it.")
    more = joined([see(read_labelled(of.texts).rows, of.images, progress) for of in further])
    split = split_seen(seen, settings.seed, tested=settings.tested, validated=settings.validated)
    texts = Texts([text for row in (*seen.rows, *(more.rows if more else ())) for text in captions(row)], progress)
    fitted = fit_head(settings.head, seen, split, texts, further=more, seed=settings.seed, progress=progress)
    metrics = {**fitted.metrics, "left_out": float(len(seen.faults)), "held_out_families": float(len(split.test))}
    parents = {"texts": hash_files(source.texts), **({"further": hash_files([file for of in further for file in of.texts])} if further else {})}
    return PicturesEmbedder(settings.head).write(folder, fitted.weights(), parents, metrics, settings.seed)


def joined(parts: Sequence[Seen]) -> Seen | None:
    """Join pictures of several sources; families of different ones stay apart."""
    if not parts:
        return None
    offsets = np.cumsum([0, *(int(part.family.max(initial=0)) + 1 for part in parts)])
    family = np.concatenate([part.family + offset for part, offset in zip(parts, offsets, strict=False)])
    faults = {name: fault for part in parts for name, fault in part.faults.items()}
    rows, files = [row for part in parts for row in part.rows], [file for part in parts for file in part.files]
    return Seen(rows, files, np.concatenate([part.views for part in parts]), family, faults)
