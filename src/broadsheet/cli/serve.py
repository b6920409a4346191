"""`broadsheet serve`: the site of one catalogue, its programming interface, and the links of pages and mails."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import serve_key, serve_worker
from broadsheet.cli.report_options import StoreUrl

if TYPE_CHECKING:
    from broadsheet.serve.site import Settings

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(serve_key.app, name="key")
app.command("worker")(serve_worker.worker)
NEEDED = frozenset({"fastapi", "starlette", "uvicorn", "prometheus_client", "python_multipart", "multipart", "torch"})


@app.callback()
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 8460,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen at. Outside of this machine keys are needed, and a server with TLS before it.")
    ] = "127.0.0.1",
    store: StoreUrl = "",
    run: Annotated[
        Path | None, typer.Option("--run", help="A folder that `broadsheet run` wrote: its catalogue and bundles are served. Default: the built-in sample.")
    ] = None,
    reports: Annotated[
        Path | None, typer.Option("--reports", help="The folder of reports, as `broadsheet report --out` writes it. Default: under BROADSHEET_HOME.")
    ] = None,
    reader: Annotated[
        str, typer.Option("--reader", help="Whose page the person at this machine sees, and whose events they tell. Default: who the run was made for.")
    ] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A name under which a server before this one passes requests on. Repeats.")
    ] = None,
    *,
    work: Annotated[bool, typer.Option("--work/--no-work", help="Also do jobs; else `broadsheet serve worker` does them.")] = True,
    links_only: Annotated[
        bool, typer.Option("--links-only", help="Serve the links of pages and mails (more, less, saved, undo, unsubscribe), and nothing else.")
    ] = False,
) -> None:
    """Serve a catalogue as a site until it is stopped: pages, search, recommendation, slates, questions, needs, reports, events, and signed links.

    A browser finds pages there, a program the interface that /v1/openapi.json describes. At this machine no key is needed to read and to tell one's own events.

    Example: broadsheet serve --port 8460

    Example: broadsheet serve --run page --reader ana
    """
    if context.invoked_subcommand:
        return
    from broadsheet.core.home import store_path
    from broadsheet.core.store import open_store

    with _needed():
        from broadsheet.serve.run import listen, serve_on
    from broadsheet.report.feedback.links import VARIABLE, Links, base_address
    from broadsheet.report.feedback.signing import read_secrets

    base = base_address()
    read_secrets()
    # Asked for at each link: a secret that is made or dropped meanwhile counts at once.
    links = Links(read_secrets, base)
    with listen(host, port) as socket:
        address = f"http://{f'[{host}]' if ':' in host else host}:{socket.getsockname()[1]}"
        if not base and links_only:
            typer.echo(f"Note: {VARIABLE} is not set, so pages and mails hold no links. export {VARIABLE}=https://news.example.org", err=True)
        if links_only:
            with open_store(store) as opened:
                typer.echo(address)
                serve_on(socket, opened, links)
            return
        from broadsheet.core.log import configure

        typer.echo("Loading what answers …", err=True)
        configure(verbose=True, as_json=True)
        with _needed():
            from broadsheet.serve.running import serve_site
        serve_site(
            socket,
            store or str(store_path()),
            links,
            _settings(host, reports, reader, [*(allow_host or []), base]),
            run=run,
            worker=work,
            told=lambda: typer.echo(address),
        )


@contextlib.contextmanager
def _needed() -> "Iterator[None]":
    """Say which package is missing, and how it is installed."""
    from broadsheet.core.errors import MissingExtraError

    try:
        yield
    except ModuleNotFoundError as fault:
        if fault.name not in NEEDED:
            raise
        raise MissingExtraError(f"Serving needs {fault.name}, which is not installed.", "Run: pip install 'broadsheet[models,serve]'") from None


def _settings(host: str, reports: Path | None, reader: str, names: list[str]) -> "Settings":
    from broadsheet.serve.guard import LOOPBACK, host_name
    from broadsheet.serve.site import Settings

    shown = f"[{host}]" if ":" in host else host.lower()
    local = shown in LOOPBACK
    # Whoever listens everywhere is reached by names that are not known here: those have to be named.
    bare = [host_name(name.partition("://")[2].partition("/")[0] if "://" in name else name) for name in names]
    hosts = tuple(dict.fromkeys(name for name in (*bare, shown) if name))
    return Settings(reader=reader, reports=reports, local=local, hosts=hosts)
