"""What templates_app refuses, in words for a person."""

from __future__ import annotations


class TemplatesError(Exception):
    """An expected refusal; its text says what happened and what to do."""


class RevisionChanged(TemplatesError):
    """Somebody wrote in it after the page was opened; the text says who and when. Nothing was saved."""


class SameTextExists(TemplatesError):
    """The same signature or sender ID waits for a reviewer, or is approved. Nothing was submitted."""


class NameTaken(TemplatesError):
    """The project has a body template of that name for the region. Nothing was saved."""


class NoRoom(TemplatesError):
    """The project has as many texts of this sort as it may have. Nothing was saved."""


class ClaimedByAnother(TemplatesError):
    """Another reviewer looks at the case at this moment. Nothing was decided."""
