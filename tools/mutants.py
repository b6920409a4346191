"""Breaks the code on purpose, one place at a time, and expects a test to notice each."""

import argparse
import compileall
import gc
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import NamedTuple

import pytest
from mutant_list import Mutant

# Imported once, before each mutant's process is forked: nothing of the package itself, which every mutant has its own copy of.
IMPORTED = "numpy torch scipy.sparse polars pydantic sqlalchemy structlog typer httpx jinja2 PIL.Image sklearn.linear_model sklearn.svm".split()
IMPORTED += "hypothesis hypothesis.strategies hypothesis.extra.numpy xdist anyio.pytest_plugin transformers faiss openai fastapi uvicorn aiosmtpd.smtp".split()
IMPORTED += (
    "gymnasium.vector sklearn.ensemble sklearn.feature_extraction.text sklearn.decomposition bibtexparser pylatexenc.latexwalker latex2mathml.converter".split()
)
# Some of them bring a pytest plugin whose asserts nobody needs rewritten.
REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"
CORES = os.cpu_count() or 1
ROOT = Path(__file__).resolve().parent.parent


def listed() -> list[Mutant]:
    """Return the mutants of every list beside this file."""
    lists = [vars(importlib.import_module(path.stem)).values() for path in sorted(Path(__file__).parent.glob("mutant_list*.py"))]
    return [mutant for values in lists for held in values if isinstance(held, list) for mutant in held if isinstance(mutant, Mutant)]


class Seen:
    """Counts tests that passed, and keeps the one that did not."""

    passed = 0
    killer = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one phase of one test."""
        self.passed += report.when == "call" and report.passed
        self.killer = report.nodeid if report.failed else self.killer


def run_tests(tests: str, mutant: Mutant, folder: Path) -> int:
    """Run tests on a copy of the source, changed by a mutant; return pytest's exit code and write what was seen. This process ends with it."""
    source = folder / "src"
    path = source / "broadsheet" / mutant.file
    changed = path.read_text(encoding="utf-8").replace(mutant.before, mutant.after)
    # The file is a link to what all mutants share, and what was compiled of it is of the code unchanged.
    path.unlink()
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    path.write_text(changed, encoding="utf-8")
    sys.path.insert(0, str(source))
    os.environ.update(PYTHONPATH=str(source), OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    os.chdir(ROOT)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    seen = Seen()
    code = int(
        pytest.main(
            ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "unshrunk", "-W", REWRITTEN, "-k", "not dense and not every_shared_day", tests],
            plugins=[seen],
        )
    )
    (folder / "seen").write_text(f"{seen.passed}\n{seen.killer}", encoding="utf-8")
    return code


def compiled(folder: Path) -> Path:
    """Copy the source and compile it once, which is dearer than most mutants' tests; each mutant links to the copy."""
    source = folder / "src"
    shutil.copytree(ROOT / "src", source, symlinks=True)
    if not compileall.compile_dir(source, quiet=1):
        raise SystemExit("src holds a file that cannot be compiled")
    return source


def begin(tests: str, mutant: Mutant, source: Path, folder: Path) -> int:
    """Fork a process that runs the tests, libraries imported already; return its number, or 0 where the mutant's place is gone."""
    if mutant.before not in (source / "broadsheet" / mutant.file).read_text(encoding="utf-8"):
        return 0
    shutil.copytree(source, folder / "src", symlinks=True, copy_function=os.link)
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = run_tests(tests, mutant, folder)
    except BaseException:  # noqa: BLE001 - whoever began this process tells what it was
        (folder / "seen").write_text(f"0\n{traceback.format_exc()!r}", encoding="utf-8")
    finally:
        os._exit(code)


class Done(NamedTuple):
    """The exit code of a run, -1 where a mutant's place is gone, how many of its tests passed, which failed, and how long it took."""

    code: int = -1
    passed: int = 0
    killer: str = ""
    seconds: float = 0.0


def run_all(runs: list[tuple[str, Mutant]]) -> list[Done]:
    """Run the tests of all, as many at once as there are cores."""
    found = [Done()] * len(runs)
    with tempfile.TemporaryDirectory() as name:
        source, waiting, running, since = compiled(Path(name) / "all"), list(enumerate(runs)), {}, {}
        while waiting or running:
            while waiting and len(running) < CORES:
                number, (tests, mutant) = waiting.pop(0)
                child = begin(tests, mutant, source, Path(name) / str(number))
                if child:
                    running[child], since[child] = number, time.monotonic()
            if running:
                child, status = os.wait()
                number = running.pop(child)
                folder = Path(name) / str(number)
                seen = folder / "seen"
                passed, killer = seen.read_text(encoding="utf-8").split("\n") if seen.exists() else ("0", "")
                found[number] = Done(os.waitstatus_to_exitcode(status), int(passed), killer, time.monotonic() - since.pop(child))
                shutil.rmtree(folder)
    return found


def share(mutants: list[Mutant], parts: int) -> list[Mutant]:
    """Return one part of so many, by the hash of the newest commit: another for each commit, the same each time for one."""
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return [m for m in mutants if int.from_bytes(hashlib.sha256(f"{git} {m.name}".encode()).digest()[:4]) % parts == 0]


def main() -> int:
    """Try every mutant, or those whose name holds NAME, on tests that pass as things stand: `make test` says whether they do.

    With `--share 4` a quarter of them, another at each commit. With `--times`, also how long each took, and after how many tests which one noticed it.
    """
    reads = argparse.ArgumentParser(description=main.__doc__)
    reads.add_argument("name", nargs="?", default="")
    reads.add_argument("--share", type=int, default=1)
    reads.add_argument("--times", action="store_true")
    asked = reads.parse_args()
    every = [m for m in listed() if asked.name in m.name]
    chosen = share(every, asked.share)
    for name in IMPORTED:
        importlib.import_module(name)
    # pytest collects garbage twice; what is imported here is none.
    gc.freeze()
    done = dict(zip(chosen, run_all([(m.tests, m) for m in chosen]), strict=True))
    # 0 and 1 are pytest's own words, of tests that passed and of one that failed; after anything else nothing is known.
    broken = [m for m, run in done.items() if run.code not in {0, 1, -1}]
    for mutant in broken:
        print(f"run again, for pytest ended with {done[mutant].code}: {mutant.name} {done[mutant].killer}")
    done |= dict(zip(broken, run_all([(m.tests, m) for m in broken]), strict=True))
    skipped = [m for m, run in done.items() if run.code == 0 and not run.passed]
    alive = [m for m, run in done.items() if run.code != 1 and m not in skipped]
    for mutant in skipped:
        print(f"not tried: {mutant.name}: its tests are skipped here")
    for mutant in alive:
        code = done[mutant].code
        print(f"alive: {mutant.name}: " + {0: "no test noticed it", -1: "its place is not there any more"}.get(code, f"pytest ended with {code}"))
    for mutant, run in sorted(done.items(), key=lambda pair: -pair[1].seconds) if asked.times else ():
        print(f"{run.seconds:6.1f} s  {mutant.name}: {run.killer}, after {run.passed}")
    tried = len(chosen) - len(skipped)
    left = f" ({len(every) - len(chosen)} more in other shares; all: make mutants)" if len(chosen) < len(every) else ""
    print(f"{tried} mutants, {tried - len(alive)} killed, {len(alive)} alive{left}")
    return min(1, len(alive))


if __name__ == "__main__":
    sys.exit(main())
