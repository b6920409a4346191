"""`broadsheet report send` and `broadsheet report outbox`: delivering what is written, and seeing what became of it."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.report_options import Json, StoreUrl

if TYPE_CHECKING:
    from broadsheet.report.deliver import Delivery
    from broadsheet.report.profile import Profile


class ChannelChoice(StrEnum):
    """A way to the reader."""

    FILES = "files"
    ATOM = "atom"
    JSON_FEED = "json-feed"
    MAIL = "mail"


ProfileName = Annotated[str, typer.Option("--profile", "-p", help="The reader's profile (.toml), with a section [delivery]. Default: files and feeds.")]


def send(
    profile: ProfileName = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder, where reports are written.")] = Path("page"),
    channel: Annotated[list[ChannelChoice] | None, typer.Option("--channel", "-c", help="Only this channel. Repeats. Default: the profile's.")] = None,
    day: Annotated[datetime | None, typer.Option("--date", "-d", formats=["%Y-%m-%d"], help="Only this label. Default: all that is not delivered.")] = None,
    store: StoreUrl = "",
    *,
    resend_unknown: Annotated[bool, typer.Option("--resend-unknown", help="Send again what nobody knows the outcome of, with the same Message-ID.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Send the newest label, or that of --date, again, whatever became of it.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Try at once what was refused and waits.")] = False,
    as_json: Json = False,
) -> None:
    """Deliver the reports in a folder that are not delivered yet, oldest label first: to files, feeds and by mail.

    Each goes once. Exit codes: 0 all is delivered, 41 something is refused or waits, 42 nobody can know whether a mail arrived.

    Example: broadsheet report send --profile me.toml --out page
    """
    from broadsheet.core.store import open_store
    from broadsheet.report.deliver import DeliveryConfig, Place, Wanted, send_archive

    reader = _profile(profile)
    place = Place(out, reader.delivery if reader else DeliveryConfig())
    label = day.date() if day else None
    wanted = Wanted(reader.name if reader else "", tuple(one.value for one in channel or ()), label, resend, resend_unknown, now)
    with open_store(store) as opened:
        sent = send_archive(place, wanted, opened)
    for note in sent.notes:
        typer.echo(f"Note: {note}", err=True)
    if as_json:
        typer.echo(sent.model_dump_json(indent=1))
    else:
        for row in sent.tried:
            typer.echo(_line(row))
        if not sent.tried and not sent.left:
            typer.echo(f"Nothing to send: all is delivered to {sent.reader}.", err=True)
    if (fault := sent.fault()) is not None:
        raise fault


def outbox(
    profile: ProfileName = "",
    settle: Annotated[
        datetime | None,
        typer.Option("--settle", formats=["%Y-%m-%d"], help="Say that this label's unknown or refused deliveries are done with: they came, or need not."),
    ] = None,
    channel: Annotated[ChannelChoice, typer.Option("--channel", "-c", help="The channel that --settle is about.")] = ChannelChoice.MAIL,
    store: StoreUrl = "",
    *,
    as_json: Json = False,
) -> None:
    """Show every delivery and its state: queued, sending, delivered, refused, unknown.

    Example: broadsheet report outbox --profile me.toml
    """
    import json

    from broadsheet.core.errors import ConfigError
    from broadsheet.core.store import open_store
    from broadsheet.report.deliver import Outbox

    reader = _profile(profile)
    with open_store(store) as opened:
        box = Outbox(opened)
        if settle is not None:
            name = reader.name if reader else _only_reader(box.rows())
            if not box.settle(name, settle.date(), channel.value, "settled by hand"):
                raise ConfigError(
                    f"The {channel.value} of {settle.date()} for {name} is neither unknown nor refused.", "See what is there: broadsheet report outbox"
                )
        rows = box.rows(reader.name if reader else None)
    if as_json:
        typer.echo(json.dumps({"deliveries": [row.model_dump(mode="json") for row in rows]}, indent=1, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(_line(row, whose=reader is None))
    if not rows:
        typer.echo("The outbox is empty.", err=True)


def _profile(name: str) -> "Profile | None":
    from broadsheet.report.profile import found_profile

    if not name:
        return None
    with found_profile(name) as found:
        return found


def _only_reader(rows: "list[Delivery]") -> str:
    from broadsheet.core.errors import ConfigError

    readers = sorted({row.reader for row in rows})
    if len(readers) != 1:
        raise ConfigError(f"The outbox is of {len(readers)} readers.", "Name one with --profile.")
    return readers[0]


def _line(row: "Delivery", *, whose: bool = False) -> str:
    who = f"{row.reader}: " if whose else ""
    said = f" ({row.reason})" if row.reason else ""
    return f"{who}{row.label} {row.channel}: {row.state}, to {row.destination}{said}"
