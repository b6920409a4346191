"""How fast the machine is at this moment: what stands beside a time, so that a slow spell is seen as one."""

import time
from collections.abc import Callable

import numpy as np

from broadsheet.core.bench.rows import Measured
from broadsheet.core.device import choose_dtype

# Sides of the square matrices; emulated bfloat16 would take minutes at the greater.
SIDE, EMULATED_SIDE = 2048, 512
# So many numbers of four bytes are read through.
READ = 2**26
PROBES = ("fp32_gflops", "bf16_gflops", "read_gb_s")


def probe() -> dict[str, float]:
    """Return what the machine gives now: GFLOP/s of a square product in float32 and bfloat16, and GB/s of reading memory through."""
    import torch

    figures = {}
    for name, key, side in (("float32", PROBES[0], SIDE), ("bfloat16", PROBES[1], _half_side())):
        square = torch.ones(side, side, dtype=getattr(torch, name))
        wall = time.perf_counter()
        torch.matmul(square, square)
        figures[key] = 2 * side**3 / (time.perf_counter() - wall) / 1e9
    long = np.ones(READ, dtype=np.float32)
    wall = time.perf_counter()
    long.max()
    figures[PROBES[2]] = long.nbytes / (time.perf_counter() - wall) / 1e9
    return figures


def beside_probes(measure: Callable[[], Measured]) -> Callable[[], Measured]:
    """Return a measurement with the mean of a probe before and one after among its figures."""

    def measured() -> Measured:
        before = probe()
        found = measure()
        after = probe()
        return found._replace(metrics={**found.metrics, **{key: (before[key] + after[key]) / 2 for key in before}})

    return measured


def probed() -> str:
    """Say what `probe` measures on this machine."""
    side = _half_side()
    return f"float32 {SIDE} x {SIDE}, bfloat16 {side} x {side}, and one pass over {READ * 4 // 2**20} MB"


def _half_side() -> int:
    return SIDE if choose_dtype().name == "bfloat16" else EMULATED_SIDE
