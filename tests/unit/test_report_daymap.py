"""The map of a day: near papers near each other, on a large day too."""

import numpy as np

from broadsheet.core.seeds import generator
from broadsheet.report import daymap


def test_papers_that_are_not_laid_out_lie_with_those_they_are_like(monkeypatch):
    rng = generator(0, "test", "daymap")
    theme = np.arange(90) % 3
    base = np.eye(3)[theme] @ rng.normal(size=(3, 16)) + 0.1 * rng.normal(size=(90, 16))
    laid = np.arange(0, 90, 4)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = daymap._between(base, laid, corners[theme[laid]])
    assert np.allclose(found, corners[theme])
    monkeypatch.setattr(daymap, "LARGEST", 7)
    assert np.allclose(daymap._between(base, laid, corners[theme[laid]]), found)
