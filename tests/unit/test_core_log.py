"""The log: on standard error, silent below warnings unless asked for."""

import contextlib
import io
import json

import pytest
import structlog

from broadsheet.core.log import configure, get_logger


@pytest.fixture(autouse=True)
def _as_new():
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def test_a_library_user_who_configures_nothing_hears_warnings_only(capsys):
    get_logger("embeddings").info("vectors kept")
    get_logger("embeddings").warning("cache damaged")
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "vectors kept" not in heard.err
    assert "cache damaged" in heard.err


def test_verbose_tells_more(capsys):
    configure(verbose=True)
    get_logger("embeddings").info("vectors kept", kept=3)
    heard = capsys.readouterr().err
    assert "vectors kept" in heard
    assert "embeddings" in heard


def test_as_json_a_line_is_an_object(capsys):
    configure(verbose=True, as_json=True)
    get_logger("embeddings").info("vectors", kept=3, model="Zoë's")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {"event": "vectors", "part": "embeddings", "level": "info", "kept": 3, "model": "Zoë's"}


def test_standard_error_may_be_redirected_after_configuring():
    configure()
    with contextlib.redirect_stderr(io.StringIO()) as heard:
        get_logger("embeddings").warning("cache damaged")
    assert "cache damaged" in heard.getvalue()
    assert "\x1b" not in heard.getvalue(), "no colours where nobody sees them"
