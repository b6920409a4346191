"""The public surface: what is exported is there, documented, and what the documents say runs."""

import importlib
import pkgutil
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from typer.testing import CliRunner

import broadsheet
from broadsheet.cli import app

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    "broadsheet",
    "broadsheet.sources",
    "broadsheet.represent",
    "broadsheet.core.metrics",
    "broadsheet.core.bench",
    "broadsheet.core.train",
    "broadsheet.core.index",
    "broadsheet.core.backbones",
    "broadsheet.represent.curate",
    "broadsheet.represent.evaluate",
    "broadsheet.represent.bench.efficiency",
    "broadsheet.retrieve.decoding",
    "broadsheet.retrieve.tokenizer",
    "broadsheet.report.bench.faults",
    "broadsheet.report.ranker",
    "broadsheet.sample.world",
    "broadsheet.sample.llm",
    "broadsheet.sample.arxiv",
    "broadsheet.core.llm",
    "broadsheet.plan.datasets",
    "broadsheet.plan.environment.published",
    "broadsheet.plan.offline",
]


REPRESENT = [
    *(("represent", name) for name in ("run", "search", "fit", "curate", "export", "evaluate")),
    *(("retrieve", name) for name in ("fit", "run")),
    *(
        ("bench", name)
        for name in ("represent", "represent-efficiency", "represent-speed", "represent-words", "index", "retrieve", "retrieve-decoding", "retrieve-staging")
    ),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_complete_and_documented(name):
    module = importlib.import_module(name)
    assert len(module.__all__) == len(set(module.__all__)) > 0
    for exported in module.__all__:
        thing = getattr(module, exported)
        # An alias of a type has no docstring of its own: its module says what it is.
        assert isinstance(thing, str) or typing.get_origin(thing) or thing.__doc__, exported


def test_every_module_says_its_one_purpose_in_one_line():
    for found in pkgutil.walk_packages(broadsheet.__path__, "broadsheet."):
        if found.name.endswith("__main__"):
            continue
        doc = importlib.import_module(found.name).__doc__
        assert doc, found.name
        assert len(doc.split("\n\n")[0].splitlines()) == 1, found.name


def test_the_figures_of_the_readme_are_those_of_the_benchmarks():
    done = subprocess.run([sys.executable, "tools/generated.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_the_documents_name_is_there():
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text()
        for path in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / path).exists(), path
        for path in re.findall(r"`((?:core|sources|sample|represent|retrieve|report|cli)/[\w./]+)`", text):
            assert (ROOT / "src" / "broadsheet" / path).exists(), path
        for path in re.findall(r"`((?:design|tools|tests|benchmarks)/[\w./-]+)`", text):
            assert (ROOT / path).exists(), path


def test_every_option_the_readme_shows_is_an_option():
    ours = "".join(line for line in (ROOT / "README.md").read_text().splitlines(keepends=True) if not line.startswith("curl "))
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", ours))
    commands = (
        (),
        ("report",),
        ("report", "fit"),
        ("bench", "report"),
        ("world",),
        ("profile", "new"),
        ("doctor",),
        ("run",),
        ("init",),
        ("why",),
        ("serve",),
        ("sample", "llm"),
        ("sample", "serve"),
        *(("needs", name) for name in ("run", "infer", "view", "label")),
        *(("ask", name) for name in ("QUESTION", "run", "build", "check")),
        *(("plan", name) for name in ("fit", "run", "replay", "offline")),
        ("bench", "plan"),
        *REPRESENT,
    )
    help_texts = "".join(CliRunner().invoke(app, [*words, "--help"], terminal_width=200).stdout for words in commands)
    assert not {option for option in shown if option not in help_texts}


def test_the_package_holds_no_real_address_but_arxivs():
    hosts: set[str] = set()
    for path in (ROOT / "src" / "broadsheet" / "sample").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            hosts |= set(re.findall(r"https?://([\w.-]+)", path.read_text(encoding="utf-8")))
    # The names of vocabularies and the links of arXiv's own documents, which its double writes as they are.
    forms = {"a9.com", "arxiv.org", "doi.org", "purl.org", "www.openarchives.org", "www.rssboard.org", "www.w3.org"}
    assert all(host.rstrip(".").endswith("example.org") for host in hosts - {"127.0.0.1"} - forms), hosts - forms
