"""Ids that programs see: an encrypted row number, so that nobody can count or guess. Pure but for the key."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# 16 bytes are 26 letters of base32.
_LENGTH = 26
_PADDING = "=" * 6


def public_id(number: int, *, kind: str, key: str) -> str:
    """26 lower-case letters and digits that stand for row `number` (0 to 2**63 - 1) of this kind of thing.

    The same for ever while `key` stays the same; another kind's id of the same number is another one.
    """
    block = number.to_bytes(8) + _tag(kind)
    encryptor = _cipher(key).encryptor()
    return base64.b32encode(encryptor.update(block) + encryptor.finalize()).decode().rstrip("=").lower()


def row_number(text: str, *, kind: str, key: str) -> int | None:
    """The number behind a public id; None for what is none, or one of another kind."""
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        block = base64.b32decode(text.upper() + _PADDING)
    except ValueError:
        return None
    decryptor = _cipher(key).decryptor()
    plain = decryptor.update(block) + decryptor.finalize()
    number = int.from_bytes(plain[:8])
    return number if plain[8:] == _tag(kind) and number < 2**63 else None


# Kinds may come from requests, as those of cursors do.
@lru_cache(maxsize=1024)
def _tag(kind: str) -> bytes:
    return hashlib.sha256(kind.encode()).digest()[:8]


@cache
def _cipher(key: str) -> Cipher[modes.ECB]:
    # One block each, all different: what ECB gives away is which ids are equal, and that is what an id is for.
    return Cipher(algorithms.AES(hashlib.sha256(b"public ids" + key.encode()).digest()), modes.ECB())  # nosec B305 # noqa: S305
