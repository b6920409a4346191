"""The `broadsheet` command; nothing heavy is imported before a command runs."""

import sys

import typer

from broadsheet import __version__
from broadsheet.cli import doctor, profile, report

app = typer.Typer(
    name="broadsheet",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(report.app, name="report")
app.add_typer(profile.app, name="profile")
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def root(*, version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    """Turn a catalogue that changes every day into a page worth reading.

    Try: broadsheet report
    """
    if version:
        typer.echo(f"broadsheet {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command; an error a user can cause is two lines and its own exit code."""
    from broadsheet.core.errors import BroadsheetError

    try:
        app(prog_name="broadsheet")
    except BroadsheetError as error:
        typer.echo(f"broadsheet: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
