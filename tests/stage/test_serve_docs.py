"""The page of the programming interface tells the routes that there are."""

import importlib.util
import sys

import pytest
from tests.conftest import ROOT

if importlib.util.find_spec("fastapi") is None:
    pytest.skip("fastapi is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)


def test_the_routes_of_the_page_are_those_of_the_interface(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import api_tables

    written = api_tables.routes()
    page = api_tables.PAGE.read_text()
    assert written in page, "Run: make docs"
    assert written.count("\n| `") > 20
    assert "| `POST /v1/models/reload` |  | admin |" in written
    for name in ("api_tables", "tables"):
        sys.modules.pop(name)
