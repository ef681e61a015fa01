"""Secrets at rest: what is stored can be read only with the installation's encryption keys."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Names the purpose, so that the same setting used elsewhere would give another key. Never change it:
# everything stored would become unreadable.
_PURPOSE = b"smsconsole secrets at rest v1"


class SecretUnreadable(Exception):
    """A stored secret was written with a key that is no longer among `ENCRYPTION_KEYS`."""


def encrypt(text: str, *, keys: tuple[str, ...]) -> str:
    """The text, sealed with the first (newest) key. Two calls never give the same result."""
    return _fernet(keys).encrypt(text.encode()).decode("ascii")


def decrypt(token: str, *, keys: tuple[str, ...]) -> str:
    """The sealed text; any of the keys may have sealed it. Raises `SecretUnreadable`."""
    try:
        return _fernet(keys).decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SecretUnreadable(
            "A stored secret cannot be read. Add the key it was written with to ENCRYPTION_KEYS."
        ) from error


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    if not keys or not all(keys):
        raise ValueError("ENCRYPTION_KEYS needs at least one key and no empty one.")
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    """A Fernet key from a setting of any length and alphabet."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(hkdf.derive(key.encode()))
