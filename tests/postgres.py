"""A PostgreSQL of the tests' own: Debian's programs, an unprivileged user, a socket in a folder that goes away with it."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from tests.conftest import missing

USER = "broadsheet"
# What makes a server durable is not what is tested here, and costs most of the time.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40", "listen_addresses=")
SECONDS = 30.0
_PARENT_DIES = 1


class Postgres:
    """A running server; `address()` gives every test a place of its own in it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.account = unprivileged() if os.geteuid() == 0 else None
        self.server = f"postgresql://{USER}@/postgres?host={folder}"
        self._made = 0
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        self._run("initdb", "--pgdata", str(folder / "data"), "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        settings = [part for setting in (*FAST, f"unix_socket_directories={folder}") for part in ("-c", setting)]
        log = (folder / "log").open("w")
        with log:
            command = [programs / "postgres", "-D", folder / "data", *settings]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, preexec_fn=_end_with_parent, **self._as_user())  # noqa: PLW1509

    def address(self) -> str:
        """Make an empty schema, which takes a thousandth of the time of a database, and return the address by which tables are made and found in it."""
        self._made += 1
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA news{self._made}")
        return f"{self.server}&options=-csearch_path%3Dnews{self._made}"

    def wait(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + SECONDS
        while self._call("pg_isready", "--quiet", "--host", str(self.folder), "--username", USER).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                missing(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-500:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process that was started, and only that, at once: nobody needs what it holds."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _run(self, program: str, *words: str) -> None:
        done = self._call(program, *words)
        if done.returncode:
            missing(f"{program} does not run: {done.stderr[-500:]}")

    def _call(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.programs / program, *words], capture_output=True, text=True, check=False, cwd=self.folder, **self._as_user())

    def _as_user(self) -> dict:
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Start a server, or skip with what is missing; stop it at the end."""
    programs = find_programs()
    if programs is None:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-pg-"))
    try:
        server = Postgres(programs, folder)
        try:
            server.wait()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path | None:
    """Return the folder of the newest server's programs: where Debian has them, or on the PATH."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    newest = max(debian, key=lambda folder: int("".join(filter(str.isdigit, folder.parent.name)) or 0), default=None)
    return newest or (Path(on_path).resolve().parent if on_path else None)


def unprivileged() -> pwd.struct_passwd:
    """Return an account without rights; the server refuses to run as root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    missing("PostgreSQL does not run as root, and there is no account postgres or nobody")
    raise AssertionError


def _end_with_parent() -> None:
    # A worker that is killed runs no fixture's end; the server would stay for ever.
    ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGQUIT)
