"""Luck by counters: a chance is a function of who, when and what, so that two policies meet the same."""

import sys
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

# Odd constants of splitmix64 (Steele, Lea and Flood 2014) and three more to tell counters apart.
_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_USER, _STREAM, _ROUND = np.uint64(0xD1342543DE82EF95), np.uint64(0xAF251AF3B0F025B5), np.uint64(0xB564EF22EC7AECE5)
_A, _B, _C = np.uint64(30), np.uint64(27), np.uint64(31)
_DOWN = np.uint64(40)
_LOW = 0 if sys.byteorder == "little" else 1
LEAVES, TEMPER = np.array([2**62], dtype=np.uint64), np.array([2**62 + 1], dtype=np.uint64)
"""Counters of chances that belong to no item: whether a reader leaves, how quickly one tires."""


def mixed(words: Words) -> Words:
    """Return words whose every bit depends on all bits of the words given, one to one."""
    words = words + _STEP
    words ^= words >> _A
    words *= _FIRST
    words ^= words >> _B
    words *= _SECOND
    words ^= words >> _C
    return words


@lru_cache(maxsize=64)
def _start(seed: int) -> Words:
    return mixed(np.array([seed], dtype=np.uint64))


def session_keys(seed: int, users: NDArray[np.int64], streams: NDArray[np.int64]) -> Words:
    """Return the key of each session `[B]`: of the seed, the user's row, and the number of the stream."""
    start = _start(seed)
    return mixed(mixed(start + users.astype(np.uint64) * _USER) + streams.astype(np.uint64) * _STREAM)


def round_keys(sessions: Words, step: NDArray[np.int32]) -> Words:
    """Return the key of each session's round `[B]`."""
    return mixed(sessions + step.astype(np.uint64) * _ROUND)


def scattered(counters: Words) -> Words:
    """Return counters as `uniform_of` adds them to keys."""
    return counters * _FIRST


def uniform(keys: Words, counters: Words) -> NDArray[np.float32]:
    """Return chances in [0, 1) of keys and counters, of the shape to which both broadcast; 24 bits each."""
    return uniform_of(keys + scattered(counters))


def uniform_of(words: Words) -> NDArray[np.float32]:
    """Return chances in [0, 1) of sums of keys and scattered counters."""
    # The upper 24 bits stand in the lower half of a word once shifted; halves are sooner made numbers than words.
    upper = (mixed(words) >> _DOWN).view(np.int32)[..., _LOW::2]
    return upper * np.float32(2.0**-24)
