"""`broadsheet serve key`: keys of the programming interface."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.report_options import Json, StoreUrl

if TYPE_CHECKING:
    from broadsheet.serve.keys import Key, Keys

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Keys of the programming interface.", context_settings={"help_option_names": ["-h", "--help"]}
)


@app.command("new")
def new(
    name: Annotated[str, typer.Option("--name", help="For whom or what it is.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read asks, write records readers' events, admin starts jobs and loads models. Repeats.")
    ] = None,
    rate: Annotated[int, typer.Option("--rate", min=1, max=1_000_000, help="Requests a minute.")] = 600,
    store: StoreUrl = "",
    *,
    as_json: Json = False,
) -> None:
    """Make a key and print it: this once, for only its hash is kept.

    Example: broadsheet serve key new --name phone --scope read --scope write
    """
    import json

    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.serve.keys import Scope

    for one in scope or []:
        if one not in set(Scope):
            raise ConfigError(f"There is no scope {one!r}.{did_you_mean(one, list(Scope))}", f"Scopes are {', '.join(Scope)}.")
    with _keys(store) as keys:
        made = keys.new(name, [Scope(one) for one in scope or ["read"]], rate)
    if as_json:
        typer.echo(json.dumps({**_plain(made.key), "key": made.secret}))
        return
    typer.echo("Keep it: it is not shown again. Send it as: Authorization: Bearer KEY", err=True)
    typer.echo(made.secret)


@app.command("list")
def shown(store: StoreUrl = "", *, as_json: Json = False) -> None:
    """List all keys: names, scopes and rates, never the keys themselves.

    Example: broadsheet serve key list
    """
    import json

    with _keys(store) as keys:
        found = keys.all()
    if as_json:
        typer.echo(json.dumps([_plain(key) for key in found]))
        return
    for key in found:
        ended = f"  revoked {key.revoked:%Y-%m-%d %H:%M} UTC" if key.revoked else ""
        typer.echo(f"{key.id}  {key.name}  {', '.join(sorted(key.scopes))}  {key.rate} a minute  made {key.made:%Y-%m-%d %H:%M} UTC{ended}")
    if not found:
        typer.echo("There is no key. Make one: broadsheet serve key new --name phone", err=True)


@app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="The eight letters that name it in the list.")], store: StoreUrl = "") -> None:
    """End a key from now on, also for servers that run.

    Example: broadsheet serve key revoke 1f2e3d4c
    """
    with _keys(store) as keys:
        ended = keys.revoke(key)
    typer.echo(f"{ended.id}  {ended.name}  is revoked.")


@contextlib.contextmanager
def _keys(store: str) -> "Iterator[Keys]":
    from broadsheet.core.store import open_store
    from broadsheet.serve.keys import Keys

    with open_store(store) as opened:
        opened.create_tables()
        yield Keys(opened)


def _plain(key: "Key") -> dict[str, object]:
    return {
        "id": key.id, "name": key.name, "scopes": sorted(key.scopes), "rate": key.rate, "made": key.made.isoformat(),
        "revoked": key.revoked.isoformat() if key.revoked else None,
    }  # fmt: skip
