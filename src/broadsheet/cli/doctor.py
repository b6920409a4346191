"""`broadsheet doctor`: what this installation has, and the command for what it lacks."""

from typing import Annotated

import typer


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Print versions, threads, number format and why, and what is installed.

    Example: broadsheet doctor --json
    """
    import json

    from broadsheet.cli.checks import inspect_installation

    checks = inspect_installation()
    if as_json:
        typer.echo(json.dumps({check.name: check._asdict() for check in checks}, indent=1))
        return
    width = max(len(check.name) for check in checks)
    for check in checks:
        typer.echo(f"{'ok     ' if check.found else 'missing'}  {check.name:<{width}}  {check.detail}")
        if check.mend:
            typer.echo(f"         {'':<{width}}  to get it: {check.mend}")
