"""Where a reader's page is delivered, as the `[delivery]` section of a profile states it."""

import ipaddress
import unicodedata
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from broadsheet.core.config import Config

ChannelName = Literal["files", "atom", "json-feed", "mail"]
PASSWORD = "BROADSHEET_MAIL_PASSWORD"  # noqa: S105  the name of a variable
PORTS = {"starttls": 587, "implicit": 465, "none": 25}


def address_of(text: str) -> Address:
    """Read `Name <local@domain>` or a bare address; the domain is written as the name system knows it.

    Raises ValueError for what is no address of one mailbox, or holds a line break.

    >>> address_of("Zoë Kéita <zoe@bücher.example>").addr_spec
    'zoe@xn--bcher-kva.example'
    """
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("an address has no line break and no other control character")
    found = getaddresses([text])
    name, bare = found[0] if len(found) == 1 else ("", "")
    local, _, domain = bare.rpartition("@")
    try:
        plain = domain.encode("idna").decode("ascii")
        # The library reads local parts in ASCII alone; others (RFC 6531) are taken as they stand.
        address = Address(name, addr_spec=f"{local}@{plain}") if local.isascii() else Address(name, local, plain)
    except (UnicodeError, HeaderParseError, ValueError, IndexError):
        address = Address()
    if not address.username or not address.domain or any(letter.isspace() or letter in '<>,"' for letter in bare):
        raise ValueError(f"{text!r} is no address of the form Name <local@domain>")
    return address


def _address(text: str) -> str:
    address_of(text)
    return text


def _https(text: str) -> str:
    """Refuse what one click cannot be posted to: RFC 8058 asks for HTTPS. On this machine itself plain HTTP will do."""
    parts = urlsplit(text)
    fits = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if text and (not fits or not parts.hostname or any(not 33 <= ord(letter) < 127 or letter in '<>,"' for letter in text)):
        raise ValueError("one-click unsubscribing needs an https:// address, written in ASCII")
    return text


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("mail.example.org")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class MailConfig(Config):
    """How mail leaves: the reader's address `to`, the `sender`, and the server.

    `tls` is `starttls` (port 587) or `implicit` (465); `none` is taken for a server on this machine alone. Without a `user` nobody logs in; the password is read from
    the environment variable `password_env`, or from `password_file`, and stands in no profile. `certificates` is a PEM file of one's own authority, for a server that
    the system's do not know. `unsubscribe` is the https:// address that takes one click (RFC 8058). `timeout` is in seconds, of each answer. Labels more than `days` before the archive's
    newest are not mailed.
    """

    to: Annotated[str, AfterValidator(_address)]
    sender: Annotated[str, AfterValidator(_address)]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password_env: str = PASSWORD
    password_file: str = ""
    certificates: str = ""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    unsubscribe: Annotated[str, AfterValidator(_https)] = ""
    days: Annotated[int, Field(ge=1)] = 31

    @model_validator(mode="after")
    def _plain_text_stays_here(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError(f'tls = "none" is for a server on this machine, and {self.host} is another')
        return self

    @property
    def at_port(self) -> int:
        """The port, which follows from `tls` where none is stated."""
        return self.port or PORTS[self.tls]


class DeliveryConfig(Config):
    """Where the page goes. Without `channels` it goes to files and both feeds, and by mail where `[delivery.mail]` is there.

    `folder` takes the files and, in `feeds/`, the feeds; without it they go to the archive itself. `address` is where the folder is published, for links. A feed holds
    at most `items`.
    """

    channels: tuple[ChannelName, ...] = ()
    folder: str = ""
    address: Annotated[str, AfterValidator(_https)] = ""
    items: Annotated[int, Field(ge=1, le=2000)] = 2000
    mail: MailConfig | None = None

    @property
    def wanted(self) -> tuple[ChannelName, ...]:
        """The channels, in the order in which they are served."""
        chosen = self.channels or ("files", "atom", "json-feed", *(("mail",) if self.mail else ()))
        return tuple(name for name in ("files", "atom", "json-feed", "mail") if name in chosen)

    @model_validator(mode="after")
    def _mail_is_set_up(self) -> Self:
        if "mail" in self.channels and self.mail is None:
            raise ValueError("the channel mail needs a section [delivery.mail] with to, sender and host")
        return self

    def beside(self, folder: Path) -> "DeliveryConfig":
        """Read relative paths as beside the profile."""
        mail = self.mail and self.mail.model_copy(update={name: _beside(folder, getattr(self.mail, name)) for name in ("password_file", "certificates")})
        return self.model_copy(update={"folder": _beside(folder, self.folder), "mail": mail})


def _beside(folder: Path, name: str) -> str:
    return str(folder / name) if name else ""
