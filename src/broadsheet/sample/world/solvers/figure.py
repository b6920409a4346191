"""Finds the motif a reader likes in the pixels of what they opened; words find nothing."""

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from broadsheet.sample.world.figures import SIDE, Pixels
from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import MOTIFS
from broadsheet.sample.world.solvers.finding import Finding, accuracy, hit
from broadsheet.sample.world.solvers.histories import Probe, histories, last_of_each, probes_of
from broadsheet.sample.world.solvers.words import word_vectors

_CHANCE = 1 / len(MOTIFS)
_RINGS = (1.0, 3.0, 6.0, 10.0, 16.0, 32.0)
_SECTORS = 8

Floats = NDArray[np.floating]


def spectrum(pixels: Pixels) -> Floats:
    """Return the log energy of a figure `[64, 64, 3]` by frequency and direction `[40]`.

    The magnitude of the two-dimensional Fourier transform does not change with place, and its
    shares do not change with contrast: what is left is mostly the motif.
    """
    grey = pixels.astype(float).mean(axis=2)
    energy = np.abs(np.fft.fftshift(np.fft.fft2(grey - np.median(grey)))) ** 2
    v, u = np.indices((SIDE, SIDE)) - SIDE // 2
    ring = np.digitize(np.hypot(u, v), _RINGS) - 1
    sector = np.floor(np.mod(np.arctan2(v, u), np.pi) / np.pi * _SECTORS + 0.5).astype(int) % _SECTORS
    inside = (ring >= 0) & (ring < len(_RINGS) - 1)
    bins = np.bincount((ring * _SECTORS + sector)[inside], energy[inside], minlength=(len(_RINGS) - 1) * _SECTORS)
    return np.log(bins / bins.sum() + 1e-6)


def solve_figure(world: World) -> Finding:
    """Predict each reader's last figure probe from the pixels of their earlier ones.

    Readers are the classes of a linear discriminant analysis of what they opened: it keeps the
    directions in which readers differ, which are those of the motif, and no label is needed.
    """
    probes = probes_of(world, "figure", histories(world))
    shown = sorted({int(row) for probe in probes for row in probe.candidates})
    vectors = np.zeros((len(world.catalogue), (len(_RINGS) - 1) * _SECTORS))
    vectors[shown] = [spectrum(world.figures[row]) for row in shown]
    earlier, _ = _split(probes)
    opened = np.array([probe.candidates[probe.answer] for probe in earlier])
    readers = np.array([probe.reader for probe in earlier])
    analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=len(MOTIFS) - 1).fit(vectors[opened], readers)
    return _nearest_to_opened(probes, analysis.transform(vectors))


def solve_figure_by_text(world: World) -> Finding:
    """Try the same with TF-IDF vectors of titles and texts, which are about something else."""
    return _nearest_to_opened(probes_of(world, "figure", histories(world)), word_vectors(world))


def _split(probes: list[Probe]) -> tuple[list[Probe], list[Probe]]:
    """Return all but the last probe of each reader, and the last ones."""
    last = last_of_each(probes)
    held = {(probe.reader, probe.position) for probe in last}
    return [probe for probe in probes if (probe.reader, probe.position) not in held], last


def _nearest_to_opened(probes: list[Probe], vectors: Floats) -> Finding:
    """Score candidates by nearness to what the reader opened before, less nearness to what they passed over."""
    earlier, last = _split(probes)
    taste: dict[int, list[Floats]] = {}
    for probe in earlier:
        candidates = vectors[probe.candidates]
        taste.setdefault(probe.reader, []).append(candidates[probe.answer] - candidates.mean(axis=0))
    hits = []
    for probe in last:
        candidates = vectors[probe.candidates]
        away = candidates - candidates.mean(axis=0) - np.mean(taste[probe.reader], axis=0)
        hits.append(hit(-np.square(away).sum(axis=1), probe.answer))
    return accuracy(hits, _CHANCE)
