"""Pictures by key for a backbone: read, prepared, and where its tower is frozen, kept as the tower saw them."""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from broadsheet.core.backbones.protocol import Backbone, Sight
from broadsheet.core.images import read_image
from broadsheet.core.progress import Progress, silent

AT_ONCE = 32


class Pictures:
    """Gives the `Sight` of pictures; a key is a path relative to `root`, or a name given to `held`.

    With `kept`, a mapping, the tower runs once for each picture ever, without gradients, and what it gives is kept there (a
    frozen tower gives the same each time, to every model that has it). Without, it runs once for each picture of a batch.
    """

    def __init__(
        self, backbone: Backbone, root: Path | None = None, *, held: dict[str, Image.Image] | None = None, kept: dict[str, Sight] | None = None
    ) -> None:
        self.backbone, self.root, self.kept = backbone, root or Path(), kept
        self.held = held if held is not None else {}

    def image(self, key: str) -> Image.Image:
        """Read a picture as RGB. Raises ImageError."""
        return read_image(self.held[key] if key in self.held else self.root / key)

    def sight(self, keys: Sequence[str]) -> Sight | None:
        """Return the pictures of these keys, each once, in order of first mention; None for no key."""
        unique = list(dict.fromkeys(keys))
        if not unique:
            return None
        if self.kept is None:
            return self.backbone.see([self.image(key) for key in unique])
        self.look(unique)
        found = [self.kept[key] for key in unique]
        return Sight(torch.cat([one.pixels for one in found]), tuple(grid for one in found for grid in one.grids), seen=True)

    def look(self, keys: Sequence[str], progress: Progress = silent) -> None:
        """Run the tower over the pictures that it has not seen, where what it gives is kept."""
        if self.kept is None:
            return
        new = [key for key in dict.fromkeys(keys) if key not in self.kept]
        for start in range(0, len(new), AT_ONCE):
            block = new[start : start + AT_ONCE]
            with torch.no_grad():
                sight = self.backbone.look(self.backbone.see([self.image(key) for key in block]))
            for key, tokens, grid in zip(block, sight.pixels.split(sight.counts), sight.grids, strict=True):
                self.kept[key] = Sight(tokens.clone(), (grid,), seen=True)
            progress("looking at pictures", min(start + AT_ONCE, len(new)), len(new))


def placed(sight: Sight, unique: Sequence[str], places: Sequence[str]) -> Sight:
    """Repeat what the tower saw for every place of a picture: it ran once for each, however often it is shown."""
    if list(unique) == list(places):
        return sight
    parts = dict(zip(unique, zip(sight.pixels.split(sight.counts), sight.grids, strict=True), strict=True))
    return Sight(torch.cat([parts[key][0] for key in places]), tuple(parts[key][1] for key in places), seen=True)
