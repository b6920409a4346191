"""What this machine computes with: threads and number format, each with its reason."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import ConfigError

# What a user may say in place of what the processor has, so that figures are those of another machine.
STATED = "BROADSHEET_DTYPE"
_COMPARED: ContextVar[bool] = ContextVar("compared", default=False)


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
    """Choose what the environment's BROADSHEET_DTYPE says, else bfloat16 only where the processor multiplies it in hardware.

    Elsewhere it is emulated, and was measured at a hundredth of the speed of float32. In bfloat16 a vector moves a little with
    what it is computed beside; in float32 it does not. Raises ConfigError for another word there.

    >>> choose_dtype(frozenset({"avx2"})).name
    'float32'
    >>> choose_dtype(frozenset({"amx_bf16", "avx512_bf16"})).name
    'bfloat16'
    """
    if _COMPARED.get():
        return Choice("float32", "numbers are compared")
    if flags is None:
        stated = os.environ.get(STATED, "")
        if stated in {"float32", "bfloat16"}:
            return Choice(stated, STATED)
        if stated not in {"", "auto"}:
            raise ConfigError(f"{STATED} is {stated!r}, which is no number format here.", f"Say: export {STATED}=float32 (or bfloat16, or auto)")
        flags = cpu_flags()
    for flag in ("amx_bf16", "avx512_bf16", "bf16"):
        if flag in flags:
            return Choice("bfloat16", f"the processor has {flag}")
    return Choice("float32", "the processor has no bfloat16 unit; emulated it would be slower")


@contextmanager
def in_float32() -> Iterator[None]:
    """Choose float32 within the block, whatever the processor has or the user said: for numbers that are compared with others'."""
    token = _COMPARED.set(True)
    try:
        yield
    finally:
        _COMPARED.reset(token)


def threads() -> Choice:
    """Return the number of threads that numerical libraries will use, and why."""
    limit = os.environ.get("OMP_NUM_THREADS")
    if limit:
        return Choice(limit, "OMP_NUM_THREADS")
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Choice(str(count), f"all cores of this {platform.machine()} machine")
