"""What a process gives up for good before it reads a query: the network, files, other programs, memory without end."""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

NEW_USER, NEW_NET = 0x10000000, 0x40000000
DEATH_SIGNAL, NO_NEW_PRIVILEGES = 1, 38
FILTER_MODE, ALL_THREADS = 1, 1
THREAD = 0x10000
# Memory beyond what the open database takes, in bytes.
MEMORY = 3 << 30
# Numbers of system calls, on x86-64 and on 64-bit ARM, by what they would do.
REFUSED: dict[str, dict[str, tuple[int, ...]]] = {
    "x86_64": {
        "open a file": (2, 85, 257, 437, 304),
        "change files": (76, 77, 82, 83, 84, 86, 87, 88, 90, 91, 92, 93, 94, 133, 258, 259, 260, 263, 264, 265, 266, 268, 285, 316),
        "use the network": (41, 42, 43, 44, 46, 49, 50, 53, 288),
        "start a program": (57, 58, 59, 322, 319),
        "reach other processes": (62, 101, 200, 310, 311),
        "change the system": (155, 161, 165, 166, 250, 272, 298, 308, 321, 425, 426, 427),
    },
    "aarch64": {
        "open a file": (56, 437, 265),
        "change files": (33, 34, 35, 36, 37, 38, 45, 46, 47, 52, 53, 54, 55, 276),
        "use the network": (198, 199, 200, 201, 202, 203, 206, 211, 242),
        "start a program": (221, 281, 279),
        "reach other processes": (117, 129, 130, 270, 271),
        "change the system": (39, 40, 41, 51, 97, 219, 241, 268, 280, 425, 426, 427),
    },
}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3, _SECCOMP = 435, {"x86_64": 317, "aarch64": 277}
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


class Guard(NamedTuple):
    """A guard, and why it is not there, or nothing where it is."""

    name: str
    missing: str = ""


def guards_before() -> list[Guard]:
    """Take what must be taken while the process has one thread: it dies with its parent, and has no network."""
    return list(_taken({"dies with its parent": _die_with_parent, "no network": _leave_network}))


def guards_after() -> list[Guard]:
    """Take the rest, once all files are open: limits, and system calls."""
    return list(_taken({"writes no file, holds memory within bounds": _limit, "opens no file, starts no program": _refuse_calls}))


def _taken(steps: dict[str, Callable[[], None]]) -> Iterator[Guard]:
    for name, step in steps.items():
        try:
            step()
            yield Guard(name)
        except (OSError, AttributeError, ValueError, KeyError) as fault:
            yield Guard(name, str(fault) or type(fault).__name__)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _library() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise OSError(0, f"{sys.platform} has no such guard")
    return ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _checked(_library().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))


def _leave_network() -> None:
    _checked(_library().unshare(NEW_USER | NEW_NET))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm", encoding="ascii") as held:  # noqa: PTH123 - a path object would read it no better
        size = int(held.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))


def _refuse_calls() -> None:
    """Have the kernel refuse system calls, in every thread."""
    machine = platform.machine()
    code = b"".join(_filter(machine))
    library = _library()
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
    _checked(library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(library.syscall(_SECCOMP[machine], FILTER_MODE, ALL_THREADS, ctypes.create_string_buffer(program, len(program))))


def _filter(machine: str) -> Iterator[bytes]:
    """Yield the program of the filter: refuse what is listed, and processes; threads may be made."""
    numbers = sorted({number for group in REFUSED[machine].values() for number in group})
    load, equal, above, has, give = 0x20, 0x15, 0x35, 0x45, 0x06

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    yield step(load, 4)
    yield step(equal, _ARCHITECTURE[machine], 1, 0)
    yield step(give, _EPERM)
    yield step(load, 0)
    # Calls of another convention on the same machine.
    yield step(above, 0x40000000, 0, 1)
    yield step(give, _EPERM)
    # Whoever makes a thread by clone3 falls back to clone, whose flags can be seen.
    yield step(equal, _CLONE3, 0, 1)
    yield step(give, _ENOSYS)
    for number in numbers:
        yield step(equal, number, 0, 1)
        yield step(give, _EPERM)
    yield step(equal, _CLONE[machine], 0, 3)
    yield step(load, 16)
    yield step(has, THREAD, 1, 0)
    yield step(give, _EPERM)
    yield step(give, _ALLOW)
