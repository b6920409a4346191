"""The tower's last blocks tuned together with the head: an experiment, which the embedder that ships does without."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import ImageOps
from torch import nn

from broadsheet.core.backbones.efficientnet import MIDDLE, EfficientNetLite0
from broadsheet.core.images import read_image
from broadsheet.core.progress import Progress, silent
from broadsheet.core.train import Stage, descend, train
from broadsheet.represent.pictures.embedder import PicturesConfig
from broadsheet.represent.pictures.families import Split
from broadsheet.represent.pictures.fit import Seen, Texts, fit_head, training_pairs, watching
from broadsheet.represent.pictures.head import Batches, ImageHead, contrast
from broadsheet.represent.pictures.tower import pooled, trimmed

# A tenth of the rate that the head was trained at.
RATE = 1e-4
BATCH = 256
BLOCK = 16


class TunedTower(nn.Module):
    """Middle maps `[B, 112, 14, 14]` to unit vectors `[B, 384]`: the last blocks of the tower and the head, both trained."""

    def __init__(self, tower: EfficientNetLite0, head: ImageHead) -> None:
        super().__init__()
        self.tower, self.head = tower, head
        self.trainable = (*(f"tower.{name}" for name in tower.train_from(MIDDLE + 1)), "head.*")

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return unit vectors."""
        return self.head(self._features(maps))

    def project(self, maps: np.ndarray) -> np.ndarray:
        """Return unit vectors `[N, 384]` of pictures by all their views, `[N, V, 112, 14, 14]`: the mean of the features goes through the head."""
        found = []
        with torch.no_grad():
            for start in range(0, len(maps), BLOCK):
                part = torch.from_numpy(maps[start : start + BLOCK])
                features = self._features(part.flatten(0, 1)).unflatten(0, part.shape[:2])
                found.append(self.head(features.mean(dim=1)).numpy())
        return np.concatenate(found)

    def _features(self, maps: torch.Tensor) -> torch.Tensor:
        wide = maps.float().contiguous(memory_format=torch.channels_last)
        return pooled(wide, self.tower.last(wide))


def middle_maps(files: Sequence[Path], progress: Progress = silent) -> np.ndarray:
    """Return what the frozen part of the tower gives of each picture and its mirror image, `[N, 2, 112, 14, 14]` in half precision."""
    tower = EfficientNetLite0(49)
    maps = np.zeros((len(files), 2, 112, 14, 14), dtype=np.float16)
    for start in range(0, len(files), BLOCK):
        shown = [trimmed(read_image(file)) for file in files[start : start + BLOCK]]
        with torch.inference_mode():
            seen = tower.middle(tower.preprocess([*shown, *map(ImageOps.mirror, shown)]))
        maps[start : start + len(shown)] = np.stack(np.split(seen.half().numpy(), 2), axis=1)
        progress("maps of pictures", start + len(shown), len(files))
    return maps


def tune_tower(
    config: PicturesConfig, seen: Seen, split: Split, texts: Texts, *, steps: int, further: Seen | None = None, seed: int = 0, progress: Progress = silent
) -> tuple[Callable[[Sequence[Path]], np.ndarray], np.ndarray, Mapping[str, float]]:
    """Fit a head, then train it on with the tower's blocks from 11 on; the best step by recall on the split's validation rows.

    Returns the map from files to vectors `[N, 384]`, the mean its texts go with, and figures of the training.
    """
    fitted = fit_head(config, seen, split, texts, further=further, seed=seed, progress=progress)
    pairs = training_pairs(seen, split, texts, fitted.mean, further, lambda files: middle_maps(files, progress))
    model = TunedTower(EfficientNetLite0(49), fitted.head)
    stage = Stage(
        name="tower",
        steps=steps,
        learning_rate=RATE,
        trainable=model.trainable,
        batch=BATCH,
        schedule="cosine",
        warmup=min(20, steps // 5),
        weight_decay=config.weight_decay,
        evaluate_every=max(1, steps // 20),
        watch="watched" if split.validation else "",
    )
    held = middle_maps([seen.files[row] for row in split.validation], progress)
    evaluate = watching(lambda: model.project(held), seen, split, texts, fitted.mean)
    done = train(
        model, [stage], Batches(pairs, config.captions), descend(contrast(config.temperature), "float32"), seed=seed, evaluate=evaluate, progress=progress
    )
    line = done.table.row(0, named=True)
    figures = {"before": fitted.metrics["validation"], "validation": float(line["best"] or 0.0), "best_step": float(line["best_step"]), "steps": float(steps)}
    return lambda files: model.project(middle_maps(files)), fitted.mean, figures
