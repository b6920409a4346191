"""What this machine computes with: threads and number format, each with its reason."""

import os
import platform
from pathlib import Path
from typing import NamedTuple


class Choice(NamedTuple):
    """A number format by its torch name, and why it was chosen."""

    name: str
    why: str


def cpu_flags() -> frozenset[str]:
    """Return the processor's feature flags, or nothing where the system does not tell."""
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return frozenset()
    for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("flags", "Features")):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def choose_dtype(flags: frozenset[str] | None = None) -> Choice:
    """Choose bfloat16 only where the processor multiplies it in hardware.

    Elsewhere it is emulated, and was measured at a hundredth of the speed of float32.

    >>> choose_dtype(frozenset({"avx2"})).name
    'float32'
    >>> choose_dtype(frozenset({"amx_bf16", "avx512_bf16"})).name
    'bfloat16'
    """
    flags = cpu_flags() if flags is None else flags
    for flag in ("amx_bf16", "avx512_bf16", "bf16"):
        if flag in flags:
            return Choice("bfloat16", f"the processor has {flag}")
    return Choice("float32", "the processor has no bfloat16 unit; emulated it would be slower")


def threads() -> Choice:
    """Return the number of threads that numerical libraries will use, and why."""
    limit = os.environ.get("OMP_NUM_THREADS")
    if limit:
        return Choice(limit, "OMP_NUM_THREADS")
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Choice(str(count), f"all cores of this {platform.machine()} machine")
