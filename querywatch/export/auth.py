"""Passwords of the web: hashed with scrypt, asked for by HTTP's basic scheme."""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

# 16 MiB and a fifth of a second a guess: OWASP's password storage cheat sheet, the choice that needs least memory.
_ROUNDS, _BLOCK, _LANES = 2**14, 8, 5
_MOST_ROUNDS, _MOST_BLOCK, _MOST_LANES = 2**17, 16, 16
_SALT_BYTES, _KEY_BYTES = 16, 32
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordHash:
    """A password that can be recognized and not be read: 'scrypt:rounds:block:lanes:salt:key'."""

    rounds: int
    block: int
    lanes: int
    salt: bytes
    key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, without the text, when it is none."""
        try:
            scheme, rounds, block, lanes, salt, key = text.split(":")
            made = cls(
                rounds=int(rounds),
                block=int(block),
                lanes=int(lanes),
                salt=base64.b64decode(salt, validate=True),
                key=base64.b64decode(key, validate=True),
            )
        except ValueError:
            raise ValueError("not a hash of a password") from None
        if scheme != "scrypt" or not made.is_bearable or len(made.key) != _KEY_BYTES:
            raise ValueError("not a hash of a password")
        return made

    @property
    def is_bearable(self) -> bool:
        """Whether one guess takes neither the machine's memory nor its minutes."""
        return (
            1 < self.rounds <= _MOST_ROUNDS
            and self.rounds.bit_count() == 1
            and 0 < self.block <= _MOST_BLOCK
            and 0 < self.lanes <= _MOST_LANES
        )

    def is_of(self, password: str) -> bool:
        """Whether it is this password's."""
        return hmac.compare_digest(
            self.key, _derive(password, self.salt, self.rounds, self.block, self.lanes)
        )


class Guard:
    """Who may read: the configured users. Without any, everybody."""

    def __init__(self, users: Mapping[str, PasswordHash]) -> None:
        self._users = dict(users)
        # A name that nobody has must take as long as one that somebody has.
        self._nobody = PasswordHash.parse(hash_password(secrets.token_hex())) if users else None
        self._secret = secrets.token_bytes(_KEY_BYTES)
        self._known = dict[bytes, None]()
        self._turn = threading.Lock()  # one guess at a time: they shall not take all processors

    def admits(self, authorization: str) -> bool:
        """Whether the request's Authorization header names a user and the password."""
        if self._nobody is None:
            return True
        # A scrape comes every few seconds with the same header: the slow hash is for whoever guesses.
        seen = hmac.digest(self._secret, authorization.encode(errors="replace"), "sha256")
        if seen in self._known:
            return True
        credentials = _parse_basic(authorization)
        if credentials is None:
            return False
        name, password = credentials
        with self._turn:
            is_right = self._users.get(name, self._nobody).is_of(password) and name in self._users
            if is_right and len(self._known) < _REMEMBERED:
                self._known[seen] = None
        return is_right


def hash_password(password: str) -> str:
    """What stands for the password in the configuration, with a new salt each time."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _derive(password, salt, _ROUNDS, _BLOCK, _LANES)
    salt_text, key_text = (base64.b64encode(part).decode() for part in (salt, key))
    return f"scrypt:{_ROUNDS}:{_BLOCK}:{_LANES}:{salt_text}:{key_text}"


def _derive(password: str, salt: bytes, rounds: int, block: int, lanes: int) -> bytes:
    needed_bytes = 128 * block * (rounds + lanes + 2)
    return hashlib.scrypt(
        password.encode(), salt=salt, n=rounds, r=block, p=lanes, maxmem=2 * needed_bytes, dklen=_KEY_BYTES
    )


def _parse_basic(authorization: str) -> tuple[str, str] | None:
    """(name, password) as RFC 7617 writes them; None when it is something else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None
