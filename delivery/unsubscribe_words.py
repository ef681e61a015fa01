"""Which replies unsubscribe. The whole reply has to be the word: "T" does, "T-shirt, size L" does not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

UNSUBSCRIBE_WORDS: Final = (
    # China: the wordings that carriers and consoles print at the end of marketing messages.
    "TD",
    "T",
    "N",
    "R",
    "QX",
    "0000",
    "00000",
    "退订",
    "退訂",
    "退",
    "T退订",
    "TD退订",
    "N退订",
    "R退订",
    "拒收",
    "R拒收",
    "取消",
    "取消订阅",
    # Elsewhere: what carriers and aggregators in North America and Europe obey.
    "STOP",
    "STOP ALL",
    "UNSUBSCRIBE",
    "UNSUB",
    "CANCEL",
    "END",
    "QUIT",
    "OPT OUT",
    "REVOKE",
    "ARRET",
    "ARRÊT",
    "STOPP",
    "BAJA",
)


def is_unsubscribe(text: str, *, more_words: Iterable[str] = ()) -> bool:
    """Whether the reply is one of the words: in any case and width, with blanks, quotes and full stops around."""
    bare = _bare(text)
    return bool(bare) and (bare in _KNOWN or any(bare == _bare(word) for word in more_words))


def _bare(text: str) -> str:
    """Letters and digits alone, full-width ones made plain, in lower case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


_KNOWN: Final = frozenset(_bare(word) for word in UNSUBSCRIBE_WORDS)
