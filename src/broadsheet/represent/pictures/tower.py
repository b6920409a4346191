"""What the frozen tower sees of a picture, pooled: the features that heads and baselines are fitted on."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from PIL import Image, ImageChops, ImageOps
from pydantic import Field

from broadsheet.core.artifacts import Artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder
from broadsheet.core.config import Config, Size
from broadsheet.core.errors import ImageError
from broadsheet.core.images import read_image
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind

if TYPE_CHECKING:
    import torch

# Pooled maps of the last layer by mean and by largest value, and of the middle by mean.
PARTS = (1280, 1280, 112)
WIDTH = sum(PARTS)
# Brighter than this on every channel is background when a picture is trimmed.
WHITE = 250
# Pictures are made this small before they are trimmed: enough for 224 pixels of what is left.
SIDE = 448


class TowerConfig(Config):
    """How pictures are shown to the tower; `mirrored` adds what it sees of the mirror image, at twice the cost."""

    size: Size = "small"
    batch: Annotated[int, Field(ge=1)] = 16
    mirrored: bool = True


class PooledTower(MultimodalEmbedder[TowerConfig]):
    """Features `[N, V * 2672]` of pictures by EfficientNet-Lite0, whose weights are fixed; texts are not read.

    V is 1, or 2 with the mirror image. They are no unit vectors: each of three parts of a view has length 1. A picture that cannot
    be read is a zero row and a fault.
    """

    config_type = TowerConfig
    kind = ArtifactKind.EMBEDDER

    def __init__(self, config: TowerConfig | None = None) -> None:
        super().__init__(config)
        self._tower: Any = None

    @property
    def model(self) -> str:
        """Name the tower and what is pooled."""
        return "EfficientNet-Lite0, 224 px, trimmed, pooled mean, max and middle" + (", mirrored" if self.config.mirrored else "")

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Record the configuration; nothing is trained."""
        return write_artifact(folder, self.manifest({"catalogue": catalogue.content_hash()}, seed))

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the tower that `fit` recorded."""
        return cls(TowerConfig.model_validate(artifact.manifest.config))

    def contents(self, catalogue: Catalogue, root: Path | None = None) -> list[Content]:
        """Return each item's first picture; its words play no part."""
        return [Content("", image) for _, image in super().contents(catalogue, root)]

    def embed(self, contents: Sequence[Content], progress: Progress = silent) -> Embedded:
        """Look at the picture of each content."""
        rows = np.zeros((len(contents), (1 + self.config.mirrored) * WIDTH), dtype=np.float32)
        faults: dict[int, str] = {}
        wanted = [row for row, content in enumerate(contents) if content.image is not None]
        for start in range(0, len(wanted), self.config.batch):
            block = wanted[start : start + self.config.batch]
            seen = {row: image for row in block if (image := _read(contents[row], row, faults)) is not None}
            if seen:
                rows[list(seen)] = self.look(list(seen.values()))
            progress("looking at pictures", min(start + self.config.batch, len(wanted)), len(wanted))
        return Embedded(rows, faults)

    def look(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Return features `[B, V * 2672]` of RGB pictures."""
        import torch

        if self._tower is None:
            from broadsheet.core.backbones.efficientnet import EfficientNetLite0

            self._tower = EfficientNetLite0(49)
        views = [trimmed(image) for image in images]
        views += [ImageOps.mirror(view) for view in views] if self.config.mirrored else []
        with torch.inference_mode():
            middle = self._tower.middle(self._tower.preprocess(views))
            rows = pooled(middle, self._tower.last(middle)).numpy()
        return np.concatenate(np.split(rows, 1 + self.config.mirrored), axis=1)


def pooled(middle: "torch.Tensor", last: "torch.Tensor") -> "torch.Tensor":
    """Return features `[B, 2672]` of the tower's middle and last maps: mean and largest of the last, mean of the middle, each of length 1."""
    import torch

    parts = (last.mean(dim=(2, 3)), last.amax(dim=(2, 3)), middle.mean(dim=(2, 3)))
    return torch.cat([torch.nn.functional.normalize(part, dim=1) for part in parts], dim=1)


def views(rows: np.ndarray) -> np.ndarray:
    """Return the tower's features `[N, V * 2672]` by view, `[N, V, 2672]`."""
    return rows.reshape(len(rows), -1, WIDTH)


def trimmed(image: Image.Image) -> Image.Image:
    """Make an RGB picture small and cut its white border away; a picture that is all white stays whole."""
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    box = ImageChops.invert(small.convert("L")).point(lambda value: 255 if value > 255 - WHITE else 0).getbbox()
    return small.crop(box) if box else small


def _read(content: Content, row: int, faults: dict[int, str]) -> Image.Image | None:
    assert content.image is not None
    try:
        return read_image(content.image)
    except ImageError as error:
        faults[row] = str(error)
        return None
