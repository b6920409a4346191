"""What all tests share: the public data, a home of their own, and skips that say what is missing."""

import fcntl
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# No test asserts wall time, so a busy machine fails none.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
# Of a mutant it is asked whether a test fails, and not on how small an example.
settings.register_profile("unshrunk", settings.get_profile("unhurried"), phases=[Phase.explicit, Phase.generate])

ROOT = Path(__file__).resolve().parent.parent


def missing(reason: str) -> None:
    """Skip with one plain line; where everything must be there (BROADSHEET_NO_SKIP), fail instead."""
    if os.environ.get("BROADSHEET_NO_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of public data sets."""
    stated = os.environ.get("BROADSHEET_DATA")
    folder = Path(stated) if stated else ROOT.parent / "shared" / "data"
    if not (folder / "arxiv").is_dir():
        missing("public data sets are not here: set BROADSHEET_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres():
    """A running PostgreSQL, one a worker, started by the first test that asks."""
    if importlib.util.find_spec("psycopg") is None:
        missing("psycopg is not installed: pip install 'broadsheet[postgres]'")
    from tests.postgres import running

    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> str:
    """The address of an empty database: whoever asks is run on both kinds."""
    return str(tmp_path / "store.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres").address()


@pytest.fixture(autouse=True, scope="session")
def _same_numbers():
    """Compute alike on every machine; a test of bfloat16 says so itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_DTYPE", "float32")
        yield


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    home = str(tmp_path_factory.mktemp("home"))
    monkeypatch.setenv("BROADSHEET_HOME", home)
    monkeypatch.setenv("XDG_CACHE_HOME", home)


@pytest.fixture
def smollm2(tmp_path_factory, monkeypatch) -> Path:
    """SmolLM2's checkpoint in the home of this test: converted once for all tests and workers, which takes half a minute."""
    from broadsheet.core.backbones.smollm2 import smollm2_folder
    from broadsheet.core.packages import SMOLLM2

    if not SMOLLM2.is_installed():
        missing(f"SmolLM2 is not installed: {SMOLLM2.install}")
    own, base = Path(os.environ["BROADSHEET_HOME"]), tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smollm2"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock, monkeypatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("BROADSHEET_HOME", str(shared))
        folder = smollm2_folder()
    (own / "artifacts").mkdir(parents=True)
    (own / "artifacts" / folder.name).symlink_to(folder)
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch, capsys) -> Callable[..., subprocess.CompletedProcess]:
    """Run the command in this process, in `tmp_path`; a process of its own imports everything anew, which most tests need not wait for."""
    from broadsheet.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess:
        monkeypatch.setattr(sys, "argv", ["broadsheet", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, out, err)

    return run
