"""Why the console will not start, in words for the person at the shell."""

from __future__ import annotations


class StartRefused(Exception):
    """The console cannot start. Its three parts: what happened, why it matters, what to do."""

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}\n{why}\n{remedy}")
        self.what = what
        self.why = why
        self.remedy = remedy
