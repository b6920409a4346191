"""The `broadsheet` command; nothing heavy is imported before a command runs."""

import os
import signal
import sys
from typing import Annotated

import typer

from broadsheet import __version__
from broadsheet.cli import (
    ask,
    bench,
    demo,
    doctor,
    init,
    needs,
    plan,
    profile,
    rank,
    report,
    report_feedback,
    represent,
    retrieve,
    run,
    sample,
    serve,
    why,
    world,
)

app = typer.Typer(
    name="broadsheet",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(report.app, name="report")
report.app.add_typer(report_feedback.app, name="feedback")
app.add_typer(profile.app, name="profile")
app.add_typer(represent.app, name="represent")
app.add_typer(retrieve.app, name="retrieve")
app.add_typer(rank.app, name="rank")
app.add_typer(plan.app, name="plan")
app.add_typer(needs.app, name="needs")
app.add_typer(ask.app, name="ask")
app.add_typer(bench.app, name="bench")
app.add_typer(sample.app, name="sample")
app.command("doctor")(doctor.doctor)
app.command("run")(run.run)
app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("why")(why.why)
app.command("world")(world.world)
app.add_typer(serve.app, name="serve")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is read, embedded and written.")] = False,
) -> None:
    """Turn a catalogue that changes every day into a page worth reading.

    Try: broadsheet report
    """
    if context.invoked_subcommand:
        # The log is set up only when a command runs: structlog is no part of --help.
        from broadsheet.core.log import configure

        configure(verbose=verbose)
    if version:
        typer.echo(f"broadsheet {__version__}")
        raise typer.Exit


def _stopped(number: int, frame: object) -> None:
    """Tell somebody who stops a command what becomes of it."""
    del number, frame
    asks = next((one for one in sys.argv[1:] if not one.startswith("-")), "") == "ask"
    said = "Nothing is half done: give the command again." if asks else "A fit or a bench goes on where it was when the same command is given again."
    typer.echo(f"\nbroadsheet: stopped.\n{said}", err=True)
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; an error a user can cause is two lines and its own exit code."""
    from broadsheet.core.errors import BroadsheetError

    # Threads that wait by spinning take the time of whatever else runs on the machine, and of each other; it is read when numerical libraries are first loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    before = signal.signal(signal.SIGINT, _stopped)
    try:
        app(prog_name="broadsheet")
    except BroadsheetError as error:
        typer.echo(f"broadsheet: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
    finally:
        signal.signal(signal.SIGINT, before)
