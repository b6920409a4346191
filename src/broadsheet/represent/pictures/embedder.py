"""The small embedder as a component: MiniLM's space for texts, and pictures brought into it."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field

from broadsheet.core.artifacts import Artifact, arrays_hash, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder, unit
from broadsheet.core.config import Config, Size
from broadsheet.core.errors import ArtifactError, WeightsError
from broadsheet.core.packages import EFFICIENTNET
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.represent.minilm import DIMENSIONS, MiniLMConfig, MiniLMEmbedder
from broadsheet.represent.pictures.tower import WIDTH, PooledTower, TowerConfig, views

SHIPPED = Path(__file__).parent / "shipped"
UNSEEN = "This embedder was fitted without pictures.\nUse the one that comes with the package, or fit it on pictures with texts."


class PicturesConfig(Config):
    """How the head is built and trained; `size` derives how wide it is and how long it trains.

    `mix` is the share of the picture in the vector of a picture with words. `captions` weighs what stands for a picture in
    training: its title with keywords, its title alone, its keywords alone.
    """

    size: Size = "base"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    temperature: Annotated[float, Field(gt=0)] = 0.05
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    batch: Annotated[int, Field(ge=2)] = 512
    captions: tuple[Annotated[float, Field(ge=0)], ...] = (0.6, 0.2, 0.2)
    mix: Annotated[float, Field(gt=0, lt=1)] = 0.5
    mirrored: bool = True

    @property
    def hidden(self) -> int:
        """Width of the hidden layer."""
        return {"tiny": 32, "small": 256, "base": 512}[self.size]

    @property
    def steps(self) -> int:
        """Steps of training at most."""
        return {"tiny": 20, "small": 200, "base": 300}[self.size]


class PicturesEmbedder(MultimodalEmbedder[PicturesConfig]):
    """Unit vectors `[N, 384]` of texts, pictures, and both, in one space.

    Texts: all-MiniLM-L6-v2 less the mean of the training texts, so text finds text as MiniLM does. Pictures: a frozen
    EfficientNet-Lite0 and a head trained by InfoNCE against those text vectors. Both: the weighted mean of the two. Raises
    MissingExtraError where the weights of either are not installed.
    """

    config_type = PicturesConfig
    kind = ArtifactKind.EMBEDDER

    def __init__(self, config: PicturesConfig | None = None) -> None:
        super().__init__(config)
        self._texts, self._tower = towers(mirrored=self.config.mirrored)
        self._head: Any = None
        self._mean: np.ndarray | None = None
        self._hash = ""
        self.sees = False

    @property
    def model(self) -> str:
        """Name both towers, the head by its hash, and how a picture and its words are mixed."""
        if self._mean is None:
            raise self.not_fitted()
        return f"pictures: {self._texts.model}; {self._tower.model}; head {self._hash[:12]}, mix {self.config.mix:g}"

    @property
    def text_side(self) -> tuple[MiniLMEmbedder, np.ndarray]:
        """The embedder of texts, and the mean `[384]` that is taken from its vectors."""
        if self._mean is None:
            raise self.not_fitted()
        return self._texts, self._mean

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Take the mean of a catalogue's texts; pictures are trained on by `fit_pictures` (`represent.pictures.fit`).

        Fitted so, an embedder of texts is what there is: a picture is a fault that says so.
        """
        texts = self._texts(catalogue.texts()) if len(catalogue) else np.zeros((1, DIMENSIONS), dtype=np.float32)
        # A mean of one text would leave nothing of it.
        mean = texts.mean(axis=0) if len(texts) > 1 else np.zeros(DIMENSIONS, dtype=np.float32)
        return self.write(folder, {"mean": mean.astype(np.float32)}, {"catalogue": catalogue.content_hash()}, {"pictures": 0.0}, seed)

    def write(self, folder: Path, weights: Mapping[str, np.ndarray], parents: dict[str, str], metrics: dict[str, float], seed: int) -> Artifact:
        """Take trained weights (`mean`, and `head.*`) and write the artefact."""
        self.take(weights)
        models = {"texts": self._texts.model, "tower": f"{EFFICIENTNET.what}, SHA-256 {EFFICIENTNET.sha256}"}
        return write_artifact(folder, self.manifest(parents, seed, metrics, models), {"weights": weights})

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the embedder that was written. Raises WeightsError for weights of another shape, or not finite."""
        embedder = cls(PicturesConfig.model_validate(artifact.manifest.config))
        embedder.take(artifact.tensors("weights"))
        return embedder

    @classmethod
    def shipped(cls, *, mirrored: bool = True) -> Self:
        """Return the embedder that comes with the package, every file's hash checked. Raises WeightsError where one differs.

        Without the mirror image a picture costs half.
        """
        try:
            artifact = read_artifact(SHIPPED, ArtifactKind.EMBEDDER)
            config = {**artifact.manifest.config, "mirrored": mirrored}
            return cls.load(artifact._replace(manifest=artifact.manifest.model_copy(update={"config": config})))
        except ArtifactError as error:
            raise WeightsError(f"The weights that come with the package are not whole: {error.what}", "Run: pip install --force-reinstall broadsheet") from None

    def take(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take weights; they may be kept in half precision."""
        self._mean = np.asarray(weights["mean"], dtype=np.float32)
        self._hash = arrays_hash(weights)
        head = {name.removeprefix("head."): value for name, value in weights.items() if name.startswith("head.")}
        if any(not np.isfinite(value).all() for value in weights.values()):
            raise WeightsError("A weight of the picture embedder is not finite.", "Fit it anew, or take the one that comes with the package.")
        self.sees = bool(head)
        if head:
            self._head = _head(head)

    def embed(self, contents: Sequence[Content], progress: Progress = silent) -> Embedded:
        """Embed texts, pictures, and both; one that says nothing, or a picture alone that cannot be read, is a zero row."""
        if self._mean is None:
            raise self.not_fitted()
        texts = self._spoken([content.text for content in contents], progress)
        if all(content.image is None for content in contents):
            return Embedded(texts, {})
        seen, faults = self._seen(contents, progress)
        both = self.config.mix * seen + (1 - self.config.mix) * texts
        there = np.linalg.norm(seen, axis=1) > 0
        spoken = np.linalg.norm(texts, axis=1) > 0
        rows = np.where((there & spoken)[:, None], both, np.where(there[:, None], seen, texts))
        return Embedded(unit(rows).astype(np.float32), faults)

    def _spoken(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        assert self._mean is not None
        rows = self._texts(texts, progress)
        silent_rows = ~rows.any(axis=1)
        rows = unit(rows - self._mean)
        rows[silent_rows] = 0
        return rows

    def _seen(self, contents: Sequence[Content], progress: Progress) -> tuple[np.ndarray, dict[int, str]]:
        rows = np.zeros((len(contents), DIMENSIONS), dtype=np.float32)
        if not self.sees:
            return rows, {row: UNSEEN for row, content in enumerate(contents) if content.image is not None}
        looked = self._tower.embed(contents, progress)
        there = np.flatnonzero(np.asarray(looked.vectors).any(axis=1))
        if len(there):
            # The mean over views goes through the head, as when the step was chosen.
            rows[there] = self.project(views(np.asarray(looked.vectors)[there]).mean(axis=1))
        return rows, dict(looked.faults)

    def project(self, features: np.ndarray) -> np.ndarray:
        """Return unit vectors `[N, 384]` of the tower's features `[N, 2672]`."""
        import torch

        with torch.inference_mode():
            return self._head(torch.from_numpy(np.asarray(features, dtype=np.float32))).numpy()


@cache
def towers(*, mirrored: bool) -> tuple[MiniLMEmbedder, PooledTower]:
    """Return the frozen towers of texts and pictures, which all embedders of a process share; loaded on first use."""
    return MiniLMEmbedder(MiniLMConfig(size="small")), PooledTower(TowerConfig(mirrored=mirrored))


def _head(weights: Mapping[str, np.ndarray]) -> Any:
    import torch

    from broadsheet.represent.pictures.head import ImageHead

    hidden, features = weights["inner.weight"].shape
    if features != WIDTH:
        raise WeightsError(f"The head reads {features} features, the tower gives {WIDTH}.", "Fit it anew with this version.")
    head = ImageHead(features, hidden, DIMENSIONS, 0.0)
    head.load_state_dict({name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in weights.items()})
    return head.eval()
