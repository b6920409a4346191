"""A mail server on loopback that keeps what it gets, and fails as it is told to: aiosmtpd, with TLS and a login."""

import asyncio
import contextlib
import ipaddress
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "reports", "three plain words"


class Certificates:
    """A certificate that signs itself, for some names: `pem` is what a client trusts, `context` what a server shows."""

    def __init__(self, folder: Path, *names: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.now(UTC)
        alternative = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.pem, self.key = folder / "certificate.pem", folder / "key.pem"
        self.pem.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        self.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem, self.key)
        return context


class Sink:
    """What the server got and how it answers.

    `script` has a word for each letter in turn, then all are taken: `451` and `554` answer so, `drop` takes the letter and hangs up, `drop-at-rcpt` and `drop-at-data` hang up
    there, `451-at-rcpt` and `554-at-rcpt` refuse there, `garbage` answers what is no SMTP.
    """

    def __init__(self, script: Sequence[str] = ()) -> None:
        self.script = list(script)
        self.accepted: list[bytes] = []
        self.got: list[bytes] = []
        self.commands: list[str] = []
        self.logins: list[tuple[str, bool]] = []
        self.senders: list[str] = []
        self.hold = 0.0
        self.port = 0
        self.password = PASSWORD
        # How a line ends after one letter: with a word, without one, or not at all.
        self.ends = ""

    def word(self) -> str:
        return self.script[0] if self.script else ""

    def next_word(self) -> str:
        return self.script.pop(0) if self.script else ""

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.ends and getattr(session, "letters", 0):
            if self.ends == "drop":
                server.transport.abort()
            return "421 one letter a line"
        session.letters = 1
        envelope.mail_from = address
        return "250 fine"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        self.commands.append("RCPT")
        if self.word() == "drop-at-rcpt":
            self.next_word()
            server.transport.abort()
            return "250 never read"
        if self.word().endswith("-at-rcpt"):
            return f"{self.next_word()[:3]} not at this hour"
        self.senders.append(envelope.mail_from)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        word = self.next_word()
        content = envelope.original_content or b""
        self.got.append(content)
        await asyncio.sleep(self.hold)
        if word in ("451", "554"):
            return f"{word} the sink says {word}"
        self.accepted.append(content)
        if word == "drop":
            server.transport.abort()
        return "what is this" if word == "garbage" else "250 kept"

    async def handle_exception(self, error: Exception) -> str:
        return "451 the sink is confused"

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data) -> AuthResult:
        self.logins.append((mechanism, session.ssl is not None))
        return AuthResult(success=(data.login, data.password) == (USER.encode(), self.password.encode()), handled=False)


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        sink = self.event_handler
        sink.commands.append("DATA")
        if sink.word() == "drop-at-data":
            sink.next_word()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


async def _ended(tasks: set[asyncio.Task]) -> None:
    """End what still runs; connections that were hung up close their sockets in the loop's next rounds."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.01)


@contextlib.contextmanager
def running(sink: Sink, certificates: Certificates | None, *, implicit: bool = False, auth: bool = True) -> Iterator[Sink]:
    """Serve at a free port until the block ends; without certificates there is no TLS and no login."""
    loop = asyncio.new_event_loop()
    context = certificates.context() if certificates else None
    secure = context is not None

    def session() -> SMTP:
        options = {"auth_required": auth and secure, "auth_require_tls": not implicit, "authenticator": sink.login} if auth and secure else {}
        tls = {} if implicit else {"tls_context": context, "require_starttls": secure}
        return _Server(sink, hostname="sink.example.org", enable_SMTPUTF8=True, loop=loop, **options, **tls)

    async def start():
        return await loop.create_server(session, "127.0.0.1", 0, ssl=context if implicit else None)

    server = loop.run_until_complete(start())
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(_ended(asyncio.all_tasks(loop)))
        loop.close()
