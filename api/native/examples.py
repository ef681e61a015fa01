"""The ten commonest calls in curl, Python and Node, for the documentation; a test runs them."""

from __future__ import annotations

EXAMPLES: tuple[str, ...] = ()
LANGUAGES: tuple[str, ...] = ()
