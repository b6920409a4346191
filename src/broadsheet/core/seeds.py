"""Random generators that follow from one seed and a name, so that parts never share a stream."""

import hashlib

import numpy as np


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the generator of a named part: the same for the same seed and names, on any machine.

    >>> int(generator(0, "slate").integers(1000)) == int(generator(0, "slate").integers(1000))
    True
    >>> generator(0, "slate").random() == generator(0, "map").random()
    False
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))
