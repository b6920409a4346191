"""Every contract of the house is broken on purpose, and the check notices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add(copy: Path, file: str, code: str) -> None:
    path = copy / "src" / "broadsheet" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else '"""New."""\n') + code)


def check(copy: Path, *command: str) -> int:
    environment = {"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin", "HOME": str(copy)}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode


def test_the_house_as_it_stands_keeps_its_contracts(copy):
    assert check(copy, str(BIN / "lint-imports"), "--no-cache") == 0
    assert check(copy, sys.executable, str(ROOT / "tools" / "house.py"), str(copy)) == 0


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("core/seeds.py", "\nimport broadsheet.report.model\n"),
        ("sources/names.py", "\nimport broadsheet.sample\n"),
        ("represent/tfidf.py", "\nimport broadsheet.stack\n"),
        ("report/model.py", "\nimport typer\n"),
        ("core/log.py", "\nimport rich\n"),
        ("extra/__init__.py", "\n"),
    ],
    ids=["core up to report", "sources to sample", "stage to stack", "typer in report", "rich in core", "a package on no floor"],
)
def test_an_import_that_points_up_is_noticed(copy, file, code):
    add(copy, file, code)
    assert check(copy, str(BIN / "lint-imports"), "--no-cache") != 0


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("core/seeds.py", '\nimport polars as pl\nX = pl.DataFrame({"title": []})\n'),
        ("core/seeds.py", "\ndef long():\n" + "    x = 1\n" * 90),
        ("core/utils.py", "\n"),
        ("core/seeds.py", "\ntry:\n    X = 1\nexcept Exception:\n    pass\n"),
        ("core/seeds.py", "\nimport pickle\n"),
        ("core/seeds.py", "\n# " + "TODO later\n"),
        ("core/seeds.py", "\n" * 600),
    ],
    ids=["column literal", "long function", "utils", "swallowed error", "pickle", "left behind", "long file"],
)
def test_a_rule_of_the_house_that_is_broken_is_noticed(copy, file, code):
    add(copy, file, code)
    assert check(copy, sys.executable, str(ROOT / "tools" / "house.py"), str(copy)) == 1


def test_a_type_that_does_not_fit_is_noticed(copy):
    typed = (str(BIN / "pyrefly"), "check", "--python-interpreter-path", sys.executable, "src/broadsheet/core/seeds.py")
    assert check(copy, *typed) == 0
    add(copy, "core/seeds.py", '\n\ndef wrong() -> int:\n    """Return text."""\n    return "text"\n')
    assert check(copy, *typed) == 1
