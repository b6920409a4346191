"""Figures of papers: one of four motifs, with colour, place, size and noise that tell nothing."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from broadsheet.core.seeds import generator
from broadsheet.sample.world.settings import MOTIFS

SIDE = 64
Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]


class Figures(Protocol):
    """Something that gives the figure `[64, 64, 3]` of a row: drawn when asked, or read from a file."""

    def __getitem__(self, row: int, /) -> Pixels:
        """Return the figure of a row."""
        ...


class Looks(NamedTuple):
    """What is random about figures: ink and paper `[N, 3]`, centre `[N, 2]`, size `[N]` in pixels, count `[N]`, noise seed `[N]`."""

    ink: NDArray[np.int64]
    paper: NDArray[np.int64]
    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    count: NDArray[np.int64]
    grain: NDArray[np.int64]


def draw_looks(seed: int, n: int) -> Looks:
    """Draw the looks of `n` figures."""
    rng = generator(seed, "world", "looks")
    return Looks(
        ink=rng.integers(0, 110, size=(n, 3)),
        paper=rng.integers(165, 256, size=(n, 3)),
        centre=rng.uniform(26, 38, size=(n, 2)),
        size=rng.uniform(15, 23, size=n),
        count=rng.integers(4, 7, size=n),
        grain=rng.integers(2**31, size=n),
    )


class DrawnFigures:
    """Draws a figure whenever it is asked for, always the same.

    A copy is drawn with the looks of its original, moved and grained by its own.
    """

    def __init__(self, motif: NDArray[np.int64], source: NDArray[np.int64], looks: Looks) -> None:
        self._motif, self._source, self._looks = motif, source, looks

    def __getitem__(self, row: int, /) -> Pixels:
        looks, source = self._looks, int(self._source[row])
        x, y = 0.8 * looks.centre[source] + 0.2 * looks.centre[row]
        image = Image.new("RGB", (SIDE, SIDE), _colour(looks.paper[source]))
        motif = MOTIFS[int(self._motif[row])]
        _DRAW[motif](ImageDraw.Draw(image), float(x), float(y), float(looks.size[source]), int(looks.count[source]), _colour(looks.ink[source]))
        noise = generator(int(looks.grain[row]), "grain").normal(0, 9, size=(SIDE, SIDE, 3))
        return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)


def _colour(channels: NDArray[np.int64]) -> Colour:
    return int(channels[0]), int(channels[1]), int(channels[2])


def _ring(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, count: int, ink: Colour) -> None:
    """Draw concentric circles."""
    for radius in np.linspace(size, 3, count - 1).tolist():
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=2)


def _bars(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, count: int, ink: Colour) -> None:
    """Draw upright bars on one ground line, their heights a zigzag."""
    step = 2 * size / count
    for bar in range(count):
        left = x - size + bar * step
        height = size * (0.9 + 0.7 * ((bar * 2) % 3) / 2)
        draw.rectangle((left, y + size - height, left + 0.55 * step, y + size), fill=ink)


def _grid(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, count: int, ink: Colour) -> None:
    """Draw crossing lines."""
    for offset in np.linspace(-size, size, count).tolist():
        draw.line((x - size, y + offset, x + size, y + offset), fill=ink, width=2)
        draw.line((x + offset, y - size, x + offset, y + size), fill=ink, width=2)


def _wave(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, count: int, ink: Colour) -> None:
    """Draw sine curves, one below the other."""
    along = np.linspace(-size, size, 41)
    for offset in np.linspace(-0.7 * size, 0.7 * size, count - 2).tolist():
        curve = y + offset + 0.22 * size * np.sin(along / size * np.pi * 2)
        draw.line([(x + float(a), float(c)) for a, c in zip(along, curve, strict=True)], fill=ink, width=2)


_DRAW = {"ring": _ring, "bars": _bars, "grid": _grid, "wave": _wave}
