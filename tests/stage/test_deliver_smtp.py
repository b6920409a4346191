"""Mail to a real server: TLS, a login, refusals of both kinds, lines lost at every place, and each told apart."""

import contextlib
import email
import email.policy
import functools
import logging
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from tests.deliver_killed import counted, in_a_process
from tests.deliver_reports import LABEL, archive
from tests.mail_sink import PASSWORD, USER, Certificates, Sink, running

from broadsheet.core.clock import SetClock, WallClock
from broadsheet.core.errors import DeliveryError, UnknownDeliveryError
from broadsheet.core.store import Store
from broadsheet.report.deliver import DeliveryConfig, MailChannel, MailConfig, Outbox, Parcel, Place, State, Wanted, send_archive

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:aiosmtpd", "ignore::DeprecationWarning:aiosmtpd")
NINE = datetime(2026, 2, 10, 9, tzinfo=UTC)
LETTER = b"Subject: a letter\r\nMessage-ID: <one@example.org>\r\n\r\n.hidden dot\r\n"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"), "localhost", "127.0.0.1")


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("BROADSHEET_MAIL_PASSWORD", PASSWORD)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@pytest.fixture
def post(tmp_path, certificates):
    return functools.partial(Post, tmp_path, certificates)


class Post:
    """A reader's letters, one a day, in a store of their own."""

    def __init__(self, folder, trusted, sink, **settings):
        stated = {"to": "Zoë <zoe@example.org>", "sender": "Broadsheet <news@example.org>", "host": "localhost", "port": sink.port, "user": USER}
        self.database = str(folder / "store.sqlite")
        self.config = MailConfig(**{**stated, "certificates": str(trusted.pem), "timeout": 20, **settings})
        self.clock = SetClock(NINE)

    @contextlib.contextmanager
    def box(self, store):
        with contextlib.nullcontext(store) if store else contextlib.closing(Store(self.database)) as opened:
            yield Outbox(opened, self.clock)

    def put(self, days=1, store=None):
        with self.box(store) as box:
            for number in range(days):
                label = LABEL + timedelta(days=number)
                box.put(Parcel("Ana", label, "mail", self.config.to, LETTER, message_id="<one@example.org>", repeatable=False))
        return self

    def send(self, store=None, **how):
        """Send what is queued, and return how each letter stands."""
        with self.box(store) as box:
            channel = MailChannel(self.config)
            box.deliver([channel], "Ana", **how)
            channel.quit()
            return [(row.state.value, row.reason) for row in box.rows("Ana")]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_letter_goes_over_tls_after_a_login_and_once(post, certificates, tls):
    with running(Sink(), certificates, implicit=tls == "implicit") as sink:
        sender = post(sink, tls=tls).put(days=3)
        assert sender.send() == [("delivered", "250 kept")] * 3
        assert sender.send() == [("delivered", "250 kept")] * 3
        assert sink.accepted == [LETTER] * 3
        assert len(sink.logins) == 1, "one line carries all letters"
        assert sink.senders == ["news@example.org"] * 3


@pytest.mark.parametrize(
    ("word", "state", "said", "letters", "again"),
    [
        ("451", "queued", "the letter was refused for now: 451 the sink says 451", 0, "delivered"),
        ("554", "refused", "the letter was refused for good: 554 the sink says 554", 0, "refused"),
        ("drop", "unknown", "the line to localhost was lost after DATA had begun", 1, "unknown"),
        ("drop-at-data", "unknown", "the line to localhost was lost after DATA had begun", 0, "unknown"),
        ("drop-at-rcpt", "queued", "the line to localhost was lost before DATA", 0, "delivered"),
        ("garbage", "unknown", "the letter got an answer that SMTP does not have", 1, "unknown"),
        ("451-at-rcpt", "queued", "the envelope was refused for now: 451 not at this hour", 0, "delivered"),
        ("554-at-rcpt", "refused", "the envelope was refused for good: 554 not at this hour", 0, "refused"),
    ],
)
def test_each_way_a_letter_can_fail_is_told_apart(post, certificates, word, state, said, letters, again):
    with running(Sink([word]), certificates) as sink:
        sender = post(sink).put()
        ((stands, reason),) = sender.send()
        assert (stands, reason.startswith(said)) == (state, True), reason
        assert len(sink.accepted) == letters
        for _ in range(3):
            ((stands, _),) = sender.send()
        assert stands == again
        assert len(sink.accepted) == letters + (again == "delivered")


def test_a_letter_that_fails_holds_up_no_other(post, certificates):
    with running(Sink(["554", "drop", "451"]), certificates) as sink:
        stands = [state for state, _ in post(sink).put(days=5).send()]
    assert stands == ["refused", "unknown", "queued", "delivered", "delivered"]


@pytest.mark.parametrize("ends", ["421", "drop"])
def test_a_server_that_takes_one_letter_a_line_gets_all_of_them(post, certificates, ends):
    with running(Sink(), certificates) as sink:
        sink.ends = ends
        assert post(sink).put(days=3).send() == [("delivered", "250 kept")] * 3
        assert (len(sink.accepted), len(sink.logins)) == (3, 3)


def test_an_unknown_letter_is_sent_again_when_the_user_says_so_with_the_same_bytes(post, certificates):
    with running(Sink(["drop"]), certificates) as sink:
        sender = post(sink).put()
        sender.send()
        assert sender.send(resend_unknown=True) == [("delivered", "250 kept")]
        sender.send(resend_unknown=True)
        assert sink.accepted == [LETTER, LETTER]


@pytest.mark.parametrize("user", ["", USER])
def test_a_server_without_tls_is_refused_and_gets_no_password(post, user):
    with running(Sink(), None) as sink:
        ((state, reason),) = post(sink, user=user).put().send()
        assert state == "queued"
        assert "offers no TLS; nothing was sent to it" in reason
        assert sink.logins == sink.commands == []
        assert post(sink, user="", tls="none", host="127.0.0.1").send() == [("delivered", "250 kept")]


def test_a_certificate_of_another_name_or_of_nobody_known_is_refused(post, certificates, tmp_path):
    stranger = Certificates(tmp_path / "stranger", "mail.example.org")
    with running(Sink(), stranger) as sink:
        ((state, reason),) = post(sink, certificates=str(stranger.pem)).put().send()
        assert (state, "Hostname mismatch" in reason) == ("queued", True), reason
        ((state, reason),) = post(sink, certificates="").send()
        assert (state, "self-signed" in reason or "self signed" in reason) == ("queued", True), reason
        assert sink.logins == sink.commands == []


def test_a_wrong_password_keeps_the_letter_and_is_never_shown(post, certificates, monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_MAIL_PASSWORD", "not this one")
    with running(Sink(), certificates) as sink:
        sender = post(sink).put()
        ((state, reason),) = sender.send()
        assert (state, "does not let reports in: 535" in reason) == ("queued", True), reason
        assert "not this one" not in reason
        assert all(secure for _, secure in sink.logins)
        (tmp_path / "password").write_text(PASSWORD + "\n")
        assert post(sink, password_file=str(tmp_path / "password")).send() == [("delivered", "250 kept")]
        monkeypatch.delenv("BROADSHEET_MAIL_PASSWORD")
        ((_, reason),) = post(sink).put(days=2).send()[1:]
        assert "the variable BROADSHEET_MAIL_PASSWORD is empty" in reason


def test_a_password_beyond_ascii(post, certificates, monkeypatch):
    monkeypatch.setenv("BROADSHEET_MAIL_PASSWORD", "drei süße Wörter")
    with running(Sink(), certificates) as sink:
        ((state, reason),) = post(sink).put().send()
        assert (state, "535" in reason, "süße" in reason) == ("queued", True, False)
        sink.password = "drei süße Wörter"
        assert post(sink).send() == [("delivered", "250 kept")]


def test_nobody_at_the_port(post, certificates):
    with running(Sink(), certificates) as sink:
        sender = post(sink).put(days=2)
    assert [state for state, _ in post(sink, host="no..host").send()] == ["queued"] * 2
    assert [state for state, _ in sender.send()] == ["queued"] * 2
    assert "Check delivery.mail.host and port" in sender.send()[0][1]


def test_an_address_beyond_ascii_goes_where_the_server_knows_them(post, certificates):
    with running(Sink(), certificates) as sink:
        assert post(sink, sender="Zoë <zoë@bücher.example>").put().send() == [("delivered", "250 kept")]
        assert sink.senders == ["zoë@xn--bcher-kva.example"]


def test_several_processes_at_once_send_each_letter_once(post, certificates, database):
    with running(Sink(), certificates) as sink:
        sink.hold = 0.02
        sender = post(sink)
        sender.database = database
        sender.put(days=3)
        sender.clock = WallClock()
        said = []
        threads = [threading.Thread(target=lambda: said.append(in_a_process(sender.send))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sink.got == [LETTER] * 3
        assert said == [[["delivered", "250 kept"]] * 3] * 4


def test_kill_at_every_step_and_ten_times_again_is_at_most_one_letter(post, certificates, tmp_path):
    with running(Sink(), certificates) as sink:
        sender = post(sink)

        with sender.box(None):
            pass
        # Tables are made once: what a kill does to that is a test of the store.
        empty = (tmp_path / "store.sqlite").read_bytes()

        def begin(name):
            sink.got.clear()
            sender.database = str(tmp_path / f"{name}.sqlite")
            (tmp_path / f"{name}.sqlite").write_bytes(empty)

        def put_and_send():
            sender.put()
            return sender.send()

        begin("whole")
        steps = in_a_process(counted(put_and_send))["steps"]
        assert {name.split()[1] for name in steps} == {"_do_commit", "send", "getreply"}
        assert {name.split()[0] for name in steps[::2]} == {"before"}
        met = set()
        # Between the end of a step and the beginning of the next nothing happens: each is killed at its beginning, and the last at its end, too.
        # Before the mark, which is the last commit but one, a word that nobody answers is as one that was not sent.
        marked = [number for number, name in enumerate(steps, 1) if name == "before _do_commit"][-2]
        chosen = [number for number in range(1, len(steps), 2) if number >= marked or steps[number - 1] != "before getreply"]
        for last in (*chosen, len(steps)):
            begin(last)
            assert in_a_process(counted(put_and_send, last)) is None, steps[last - 1]
            with contextlib.closing(Store(sender.database)) as store:
                ((state, reason),) = {one for _ in range(10) for one in sender.put(store=store).send(store=store)}
            met.add((state, len(sink.got)))
            assert state == "delivered" or "ended before the server's answer was on disk" in reason
        # Exactly one where the answer was read and is on disk; where it is unknown, none or one.
        assert met == {("delivered", 1), ("unknown", 0), ("unknown", 1)}


def test_kill_while_files_are_put_in_place_and_again_is_one_of_each(certificates, tmp_path):
    archive(tmp_path / "page", picks=1, rest=0)

    def send(name):
        place = Place(tmp_path / "page", DeliveryConfig(folder=str(tmp_path / name)))
        with contextlib.closing(Store(tmp_path / f"{name}.sqlite")) as store:
            return [row.state.value for row in send_archive(place, Wanted(), store, SetClock(NINE)).left]

    whole = in_a_process(counted(lambda: send("whole")))
    assert whole["result"] == []

    def files(name):
        return {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}

    assert len(files("whole")) == 10
    for last, name in enumerate(whole["steps"], 1):
        if "before re" in name:
            assert in_a_process(counted(lambda last=last: send(str(last)), last)) is None
            assert [send(str(last)) for _ in range(2)] == [[], []]
            assert files(str(last)) == files("whole"), name


def test_a_report_arrives_as_it_was_written(certificates, tmp_path):
    (report,) = archive(tmp_path / "page")
    with running(Sink(["451", "drop"]), certificates) as sink, contextlib.closing(Store(tmp_path / "store.sqlite")) as store:
        mail = MailConfig(to="ana@example.org", sender="news@example.org", host="localhost", port=sink.port, user=USER, certificates=str(certificates.pem))
        place = Place(tmp_path / "page", DeliveryConfig(mail=mail, address="https://reports.example.org"))
        faults = [send_archive(place, Wanted(reader="Ana"), store, SetClock(NINE)).fault() for _ in range(3)]
        assert [type(fault) for fault in faults] == [DeliveryError, UnknownDeliveryError, UnknownDeliveryError]
        assert send_archive(place, Wanted(resend_unknown=True), store, SetClock(NINE)).fault() is None
        assert sink.got[0] == sink.got[1] == sink.got[2] == sink.accepted[-1]
        read = email.message_from_bytes(sink.accepted[-1], policy=email.policy.default)
        assert read["Subject"].startswith("arXiv Daily Report, Monday 9 February 2026: 3 picks, first “Stews, part 1”")
        assert report.entries[0].links.abstract in read.get_body(("plain",)).get_content()
        assert [row.state for row in Outbox(store).rows("Ana")] == [State.DELIVERED] * 4
    assert "PASSWORD" not in os.environ
