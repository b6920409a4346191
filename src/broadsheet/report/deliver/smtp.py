"""Mail over SMTP: TLS before anything that matters, the row marked before DATA, and each answer told apart."""

import contextlib
import os
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from broadsheet.core.errors import BroadsheetError, DeliveryError, ProfileError
from broadsheet.report.deliver.mail import needs_smtputf8
from broadsheet.report.deliver.outbox import Delivery, Outcome, State
from broadsheet.report.deliver.settings import MailConfig, address_of

# These refuse the sender's access and not the letter, which stays queued.
_ACCESS = (530, 534, 535, 538)
_ENDS, _LET_IN = 421, 235
_AGAIN = "The letter is kept: send again when that is mended."


class MailChannel:
    """The channel `mail`: one line to the server for all letters of a run, opened for the first of them."""

    name = "mail"

    def __init__(self, mail: MailConfig) -> None:
        self._mail = mail
        self._line: smtplib.SMTP | None = None
        # A server that cannot be reached, or used, is tried once in a run.
        self._fault: BroadsheetError | None = None

    def send(self, delivery: Delivery, content: bytes, mark: Callable[[], None]) -> Outcome:
        """Send a letter. 2xx is delivered, 4xx refused for now, 5xx for good; a line lost before DATA leaves it queued, one lost after makes it unknown.

        Raises DeliveryError where no line can be had.
        """
        is_used = self._line is not None
        failed = self._agreed(delivery)
        if failed is not None and is_used and self._line is None:
            # Servers take so many letters a line, and end one that they grew tired of.
            failed = self._agreed(delivery)
        if failed is not None:
            return failed
        line = self._opened()
        try:
            mark()
        except BaseException:
            self._reset(line)
            raise
        try:
            code, text = line.data(content)
        except smtplib.SMTPDataError as fault:
            self._reset(line)
            return _verdict(fault.smtp_code, fault.smtp_error, "DATA")
        except (smtplib.SMTPException, OSError) as fault:
            self.close()
            return Outcome(State.UNKNOWN, f"the line to {self._mail.host} was lost after DATA had begun: {_said(fault)}")
        outcome = _verdict(code, text, "the letter")
        if outcome.state is State.UNKNOWN:
            self.close()
        return outcome

    def close(self) -> None:
        """Give up the line, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def quit(self) -> None:
        """End the line as SMTP ends it; what was answered so far does not depend on it."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                line.quit()
            line.close()

    def _agreed(self, delivery: Delivery) -> Outcome | None:
        """Agree with the server on the envelope of a letter; return how that failed, and give up a line that ended."""
        line = self._opened()
        try:
            return self._envelope(line, delivery)
        except (smtplib.SMTPException, OSError) as fault:
            self.close()
            return Outcome(State.QUEUED, f"the line to {self._mail.host} was lost before DATA: {_said(fault)}")

    def _envelope(self, line: smtplib.SMTP, delivery: Delivery) -> Outcome | None:
        options = ["SMTPUTF8", "BODY=8BITMIME"] if needs_smtputf8(self._mail) else []
        if options and not line.has_extn("smtputf8"):
            return Outcome(State.REFUSED, f"{self._mail.host} does not take addresses beyond ASCII (SMTPUTF8)")
        if options:
            line.command_encoding = "utf-8"
        code, text = line.mail(address_of(self._mail.sender).addr_spec, options)
        if code == 250:
            code, text = line.rcpt(address_of(delivery.destination).addr_spec)
        if code in (250, 251):
            return None
        # RFC 5321, 3.8: 421 ends the line.
        self.close() if code == _ENDS else self._reset(line)
        return _verdict(code, text, "the envelope")

    def _reset(self, line: smtplib.SMTP) -> None:
        try:
            line.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _opened(self) -> smtplib.SMTP:
        if self._fault is not None:
            raise self._fault
        if self._line is None:
            try:
                self._line = _open(self._mail)
            except BroadsheetError as fault:
                self._fault = fault
                raise
        return self._line


def _open(mail: MailConfig) -> smtplib.SMTP:
    where = f"{mail.host}:{mail.at_port}"
    password = _password(mail)
    with _told(mail, where):
        context = None if mail.tls == "none" else _context(mail)
        if mail.tls == "implicit":
            line: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.at_port, timeout=mail.timeout, context=context)
        else:
            line = smtplib.SMTP(mail.host, mail.at_port, timeout=mail.timeout)
        try:
            line.ehlo_or_helo_if_needed()
            if context is not None and mail.tls == "starttls":
                _start_tls(line, context, where)
            if mail.user:
                _log_in(line, mail.user, password)
        except BaseException:
            line.close()
            raise
    return line


def _start_tls(line: smtplib.SMTP, context: ssl.SSLContext, where: str) -> None:
    if not line.has_extn("starttls"):
        what = f"The mail server {where} offers no TLS; nothing was sent to it, no password either."
        raise DeliveryError(what, 'Use a port with TLS (587, or 465 with tls = "implicit"); a server on this machine may have tls = "none".')
    line.starttls(context=context)
    line.ehlo()


def _log_in(line: smtplib.SMTP, user: str, password: str) -> None:
    if (user + password).isascii():
        line.login(user, password)
        return
    # The library knows ASCII alone; RFC 4616 has UTF-8.
    if "PLAIN" not in line.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("a user or a password beyond ASCII needs AUTH PLAIN, which it does not offer")
    code, text = line.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode())
    if code != _LET_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


@contextlib.contextmanager
def _told(mail: MailConfig, where: str) -> Iterator[None]:
    """Turn what goes wrong before a letter into errors of two lines; no secret is part of any."""
    try:
        yield
    except ssl.SSLCertVerificationError as fault:
        what = f"The certificate of the mail server {where} does not hold: {fault.verify_message}."
        raise DeliveryError(what, "Check delivery.mail.host; an authority of your own is named by delivery.mail.certificates.") from None
    except ssl.SSLError as fault:
        raise DeliveryError(
            f"No TLS with the mail server {where}: {fault.reason or fault}.", 'Check delivery.mail.port and tls ("starttls" or "implicit").'
        ) from None
    except smtplib.SMTPAuthenticationError as fault:
        what = f"The mail server {where} does not let {mail.user} in: {fault.smtp_code} {_text(fault.smtp_error)}."
        raise DeliveryError(what, f"Check delivery.mail.user and the password in {mail.password_file or mail.password_env}. {_AGAIN}") from None
    except smtplib.SMTPNotSupportedError as fault:
        raise DeliveryError(f"The mail server {where} lacks what is needed: {fault}.", f"Check delivery.mail.user, port and tls. {_AGAIN}") from None
    # A name that is none of a host is a ValueError.
    except (smtplib.SMTPException, OSError, ValueError) as fault:
        raise DeliveryError(
            f"The mail server {where} cannot be used: {_said(fault)}.", f"Check delivery.mail.host and port, and that it is up. {_AGAIN}"
        ) from None


def _context(mail: MailConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=mail.certificates or None)
    except OSError as fault:
        raise ProfileError(
            f"The certificates in {mail.certificates} cannot be read: {_said(fault)}.", "Name a PEM file with delivery.mail.certificates."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _password(mail: MailConfig) -> str:
    if not mail.user:
        return ""
    if mail.password_file:
        try:
            return Path(mail.password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise ProfileError(
                f"The password in {mail.password_file} cannot be read.", "Check delivery.mail.password_file, and that you may read it."
            ) from None
    password = os.environ.get(mail.password_env, "")
    if not password:
        raise ProfileError(
            f"There is no password for {mail.user}: the variable {mail.password_env} is empty.",
            f"Set it: export {mail.password_env}=…; or name a password_file.",
        )
    return password


def _verdict(code: int, text: bytes | str, what: str) -> Outcome:
    said = f"{code} {_text(text)}".strip()
    if what == "the letter" and 200 <= code < 300:
        return Outcome(State.DELIVERED, said)
    if code in _ACCESS:
        return Outcome(State.QUEUED, f"{what} was refused for want of access: {said}")
    if 400 <= code < 500:
        return Outcome(State.QUEUED, f"{what} was refused for now: {said}", waits=True)
    if 500 <= code < 600:
        return Outcome(State.REFUSED, f"{what} was refused for good: {said}")
    state = State.UNKNOWN if what == "the letter" else State.QUEUED
    return Outcome(state, f"{what} got an answer that SMTP does not have: {said}")


def _text(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())[:300]


def _said(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return _text(str(fault)) or type(fault).__name__
