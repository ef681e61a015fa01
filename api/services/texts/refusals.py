"""Why a text of a program was not taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from django.db import transaction

from projects.errors import ProjectDisabled
from templates_app.errors import NameTaken, NoRoom, SameTextExists, TemplatesError


class TextTrouble(StrEnum):
    """Why a text was not taken, changed or removed."""

    NOT_ENTERPRISE = "not_enterprise"
    PROJECT_DISABLED = "project_disabled"
    UNKNOWN = "unknown"  # no text of this project with that number
    APPROVED_ALREADY = "approved_already"  # what is approved is not changed
    OTHER_REGION = "other_region"  # the region of a text is fixed
    SAME_EXISTS = "same_exists"
    NO_ROOM = "no_room"
    IMAGE = "image"  # a document is missing, or is none
    RULE = "rule"  # `rule` says which
    OTHER = "other"  # somebody was first; the words say what happened


class TextRefused(Exception):
    """Nothing was changed. `rule` is the id of the broken rule, `words` are for the person who reads the answer."""

    def __init__(self, trouble: TextTrouble, words: str, *, rule: str = "") -> None:
        super().__init__(words)
        self.trouble = trouble
        self.words = words
        self.rule = rule


@contextmanager
def refusals() -> Iterator[None]:
    """All of it or nothing, and what the services refuse in the words of this module."""
    try:
        with transaction.atomic():
            yield
    except SameTextExists as error:
        raise TextRefused(TextTrouble.SAME_EXISTS, str(error)) from error
    except NameTaken as error:
        raise TextRefused(TextTrouble.SAME_EXISTS, str(error), rule="name") from error
    except NoRoom as error:
        raise TextRefused(TextTrouble.NO_ROOM, str(error)) from error
    except ProjectDisabled as error:
        raise TextRefused(TextTrouble.PROJECT_DISABLED, str(error)) from error
    except TemplatesError as error:
        raise TextRefused(TextTrouble.OTHER, str(error)) from error
