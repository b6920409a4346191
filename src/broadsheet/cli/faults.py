"""What is wrong with single items, told on standard error: the first few, and how many more there are."""

from collections.abc import Iterable

import typer

FEW = 5


def tell(faults: Iterable[str]) -> None:
    """Print the first faults, and how many more there are; `broadsheet -v` logs each of these."""
    from broadsheet.core.log import get_logger

    listed = list(faults)
    for fault in listed[:FEW]:
        typer.echo(fault, err=True)
    for fault in listed[FEW:]:
        get_logger("items").info("a fault of an item", fault=fault)
    if len(listed) > FEW:
        typer.echo(f"And {len(listed) - FEW:,} more; broadsheet -v tells each.", err=True)
