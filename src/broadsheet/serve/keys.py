"""Keys of the programming interface: 256 random bits that are shown once, of which the hash is kept, with scopes and a rate."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.database import Instant
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.store import METADATA, Store

PREFIX: Final = "bsk"
# Letters of a key that name it, in lists and logs; the rest is the secret.
NAMED: Final = 8
RATE: Final = 600
_FORM = re.compile(rf"{PREFIX}_([0-9a-f]{{{NAMED}}})_([A-Za-z0-9_-]{{43}})")
KEYS = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("id", sa.String(NAMED), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("scopes", sa.String(100), nullable=False),
    sa.Column("rate", sa.Integer, nullable=False),
    sa.Column("made", Instant, nullable=False),
    sa.Column("revoked", Instant),
)


class Scope(StrEnum):
    """What a key may do: read asks, write records a reader's events, admin changes what runs."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Key(NamedTuple):
    """A key as it is kept: everything but the secret. `rate` is requests a minute."""

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: int
    made: datetime
    revoked: datetime | None = None


class Made(NamedTuple):
    """A new key, and its secret text, which nobody sees again."""

    key: Key
    secret: str


class Keys:
    """The keys of one installation."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.store, self.clock = store, clock or WallClock()

    def new(self, name: str, scopes: Iterable[Scope] = (Scope.READ,), rate: int = RATE) -> Made:
        """Make a key. Raises ConfigError for one without a name, or without a scope."""
        held = frozenset(scopes)
        if not name.strip() or len(name) > 200 or not held:
            raise ConfigError("A key has a name of 1 to 200 letters, and a scope or more.", "broadsheet serve key new --name phone --scope read --scope write")
        names = secrets.token_hex(NAMED // 2)
        secret = f"{PREFIX}_{names}_{secrets.token_urlsafe(32)}"
        key = Key(names, name.strip(), held, rate, self.clock.now())
        row = {**key._asdict(), "scopes": " ".join(sorted(held)), "hash": _hash(secret)}
        self.store.write(lambda connection: connection.execute(sa.insert(KEYS).values(row)))
        return Made(key, secret)

    def opened(self, secret: str) -> Key | None:
        """Return the key of a secret, None where it is none, or was revoked. What differs takes as long as what does not."""
        match = _FORM.fullmatch(secret)
        row = self._row(match[1]) if match else None
        # Compared in any case, so that the time tells nothing of which keys there are.
        same = secrets.compare_digest(_hash(secret), row["hash"] if row is not None else "0" * 64)
        return _key(row) if row is not None and same and row["revoked"] is None else None

    def known(self, names: str) -> Key | None:
        """Return the key of an id, None where there is none, or it was revoked."""
        row = self._row(names)
        return _key(row) if row is not None and row["revoked"] is None else None

    def all(self) -> list[Key]:
        """Return all keys, oldest first, the revoked ones too."""
        with self.store.errors(), self.store.engine.connect() as connection:
            return [_key(row) for row in connection.execute(sa.select(KEYS).order_by(KEYS.c.made, KEYS.c.id)).mappings()]

    def revoke(self, names: str) -> Key:
        """End a key from now on. Raises ConfigError where there is none."""
        row = self._row(names)
        if row is None:
            known = [key.id for key in self.all()]
            raise ConfigError(f"There is no key {names!r}.{did_you_mean(names, known)}", "List them: broadsheet serve key list")
        at = row["revoked"] or self.clock.now()
        self.store.write(lambda connection: connection.execute(sa.update(KEYS).where(KEYS.c.id == names).values(revoked=at)))
        return _key(row)._replace(revoked=at)

    def _row(self, names: str) -> sa.RowMapping | None:
        with self.store.errors(), self.store.engine.connect() as connection:
            return connection.execute(sa.select(KEYS).where(KEYS.c.id == names)).mappings().first()


def _hash(secret: str) -> str:
    # Of 256 random bits nothing can be guessed: a slow hash, as passwords need it, would only make requests slow.
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def _key(row: sa.RowMapping) -> Key:
    return Key(row["id"], row["name"], frozenset(map(Scope, row["scopes"].split())), row["rate"], row["made"], row["revoked"])
