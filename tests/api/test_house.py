"""Every contract of the house is broken on purpose, and the check notices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# As much of the package as the rules on single files need: `make check` reads the whole of it.
FEW = ("__init__.py", "core/__init__.py", "core/schema.py", "core/seeds.py")


@pytest.fixture
def few(tmp_path):
    for file in FEW:
        target = tmp_path / "src" / "broadsheet" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "src" / "broadsheet" / file, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def whole(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add(copy: Path, file: str, code: str) -> None:
    path = copy / "src" / "broadsheet" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else '"""New."""\n') + code)


def check(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin", "HOME": str(copy), "COLUMNS": "200"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def test_imports_that_point_up_are_noticed_each(whole):
    upwards = {
        "core/seeds.py": "broadsheet.report.model",
        "sources/names.py": "broadsheet.sample",
        "represent/tfidf.py": "broadsheet.stack",
        "report/model.py": "typer",
        "core/log.py": "rich",
    }
    assert check(whole, str(BIN / "lint-imports"), "--no-cache").returncode == 0
    for file, imported in upwards.items():
        add(whole, file, f"\nimport {imported}\n")
    add(whole, "extra/__init__.py", "\n")
    said = check(whole, str(BIN / "lint-imports"), "--no-cache")
    assert said.returncode != 0
    for file, imported in upwards.items():
        assert f"broadsheet.{file[:-3].replace('/', '.')} -> {imported}" in said.stdout, file
    assert "- broadsheet.extra" in said.stdout


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
def test_a_rule_of_the_house_that_is_broken_is_noticed(few, file, code):
    house = (sys.executable, str(ROOT / "tools" / "house.py"), str(few))
    assert check(few, *house).returncode == 0
    add(few, file, code)
    assert check(few, *house).returncode == 1


def test_a_type_that_does_not_fit_is_noticed(few):
    typed = (str(BIN / "pyrefly"), "check", "--python-interpreter-path", sys.executable, "src/broadsheet/core/seeds.py")
    assert check(few, *typed).returncode == 0
    add(few, "core/seeds.py", '\n\ndef wrong() -> int:\n    """Return text."""\n    return "text"\n')
    assert check(few, *typed).returncode == 1


def test_each_mutant_of_the_lists_has_its_place_in_the_code(monkeypatch):
    import importlib

    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    lists = [vars(importlib.import_module(path.stem)).values() for path in sorted((ROOT / "tools").glob("mutant_list*.py"))]
    listed = [one for values in lists for held in values if isinstance(held, list) for one in held]
    assert len(listed) > 300
    lost = [one.name for one in listed if one.before not in (ROOT / "src" / "broadsheet" / one.file).read_text()]
    assert lost == []
