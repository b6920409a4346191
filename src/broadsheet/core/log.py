"""Logging to standard error: silent below warnings unless asked for."""

import logging
import sys
from typing import Any

import structlog


def configure(*, verbose: bool = False, as_json: bool = False) -> None:
    """Set the level (`info` when verbose, else `warning`) and the form (text, or a JSON object a line)."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        # Standard error is looked up at each use: it may have been redirected since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> Any:
    """Return the logger of a part, bound to its name; nobody having configured one, silent below warnings."""
    if not structlog.is_configured():
        configure()
    return structlog.get_logger().bind(part=name)
