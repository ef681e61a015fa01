"""What templates_app refuses, in words for a person."""

from __future__ import annotations


class TemplatesError(Exception):
    """An expected refusal; its text says what happened and what to do."""


class RevisionChanged(TemplatesError):
    """Somebody wrote in it after the page was opened; the text says who and when. Nothing was saved."""


class ClaimedByAnother(TemplatesError):
    """Another reviewer looks at the case at this moment. Nothing was decided."""
