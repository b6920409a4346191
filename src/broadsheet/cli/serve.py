"""`broadsheet serve`: the server of signed links."""

from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 8460,
    host: Annotated[str, typer.Option("--host", help="The address to listen at. Outside of this machine, put a server with TLS before it.")] = "127.0.0.1",
    store: Annotated[str, typer.Option("--store", help="A database address. Default: SQLite under BROADSHEET_HOME.")] = "",
) -> None:
    """Serve the links of pages and mails (more, less, saved, undo, unsubscribe) until it is stopped; print where.

    Example: BROADSHEET_LINKS=https://news.example.org broadsheet serve --port 8460
    """
    import contextlib

    from broadsheet.core.errors import MissingExtraError
    from broadsheet.core.home import store_path
    from broadsheet.core.store import Store

    try:
        from broadsheet.serve.run import listen, serve_on
    except ModuleNotFoundError as fault:
        if fault.name not in {"fastapi", "starlette", "uvicorn"}:
            raise
        raise MissingExtraError(f"Serving needs {fault.name}, which is not installed.", "Run: pip install 'broadsheet[serve]'") from None
    from broadsheet.report.feedback.links import VARIABLE, Links, base_address
    from broadsheet.report.feedback.signing import read_secrets

    base = base_address()
    read_secrets()
    # Asked for at each link: a secret that is made or dropped meanwhile counts at once.
    links = Links(read_secrets, base)
    with contextlib.closing(Store(store or store_path())) as opened, listen(host, port) as socket:
        if not base:
            typer.echo(f"Note: {VARIABLE} is not set, so pages and mails hold no links. export {VARIABLE}=https://news.example.org", err=True)
        typer.echo(f"http://{host}:{socket.getsockname()[1]}")
        serve_on(socket, opened, links)
