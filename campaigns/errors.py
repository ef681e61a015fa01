"""What campaigns refuse, in words for a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import Promise


class CampaignsError(Exception):
    """An expected refusal; its text says what happened and what to do.

    `field` names the field of the page that it belongs to, and is empty when it belongs to the whole.
    """

    def __init__(self, words: str | Promise, *, field: str = "") -> None:
        super().__init__(str(words))
        self.field = field


class CampaignChanged(CampaignsError):
    """Somebody else (or another tab) changed the campaign after the page that speaks now was shown."""


class NotReady(CampaignsError):
    """It cannot be sent as it is; `problems` are all the sentences, the most fundamental first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class VerificationRefused(CampaignsError):
    """The verification code was wrong, too old, used, tried too often, or asked for something else."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(words, field="verification_code")


class AmbiguousTime(CampaignsError):
    """The wall clock shows this time twice; `first` and `second` are the instants to choose from."""

    def __init__(self, words: str | Promise, *, first: datetime, second: datetime) -> None:
        super().__init__(words, field="scheduled_local")
        self.first = first
        self.second = second
