"""Words about limits and number lists."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FrequencyDimension(models.TextChoices):
    """What a frequency limit counts, always per number of one project."""

    SAME_CONTENT = "same_content", _("Same text to one number, in seconds")
    PER_HOUR = "per_hour", _("To one number, per hour")
    PER_DAY = "per_day", _("To one number, per calendar day")
    SAME_CONTENT_PER_DAY = "same_content_per_day", _("Same text to one number, per calendar day")


class CapPeriod(models.TextChoices):
    DAY = "day", _("Day")
    MONTH = "month", _("Month")


# Scopes of a cap that are no country.
SCOPE_ALL = "all"
SCOPE_DOMESTIC = "domestic"
SCOPE_INTERNATIONAL = "international"


class NumberList(models.TextChoices):
    WHITELIST = "whitelist", _("Whitelist")
    BLACKLIST = "blacklist", _("Blacklist")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


class ListingSource(models.TextChoices):
    """How a number came onto a list."""

    PERSON = "person", _("Added by a member")
    IMPORT = "import", _("Imported")
    REPLY = "reply", _("By a reply")
    PROGRAM = "program", _("Added by a program")


class RecipientZone(models.TextChoices):
    """Whose clock the hours for marketing follow."""

    PROJECT = "project", _("The project's time zone")
    RECIPIENT = "recipient", _("The time zone of each recipient")


class AlarmEvent(models.TextChoices):
    """What an alarm contact can be told about."""

    REVIEW_WAITING = "review_waiting", _("A text was submitted for review or waits too long")
    REVIEW_RESULT = "review_result", _("A text was approved, rejected or its approval revoked")
    FREQUENCY_LIMIT = "frequency_limit", _("Messages were blocked by a frequency limit")
    CAP_WARNING = "cap_warning", _("A warning value was passed")
    CAP_REACHED = "cap_reached", _("A cap was reached, and sending is held")
    PACKAGE_LOW = "package_low", _("The package is running low")
    GATEWAY_DOWN = "gateway_down", _("A gateway cannot be used, or works again")
    ABUSE = "abuse", _("Requests for verification codes look like abuse")
    CALLBACK_FAILING = "callback_failing", _("A callback fails for an hour, or was switched off")


class RemovalStatus(models.TextChoices):
    """Of a request to send again to a number that unsubscribed."""

    PENDING = "pending", _("Pending approval")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class UncertainPolicy(models.TextChoices):
    """What becomes of an uncertain message that neither a receipt nor the carrier's answer has settled in time."""

    LEAVE = "leave", _("Leave it uncertain")
    SENT = "sent", _("Treat it as sent")
    AGAIN = "again", _("Send it again, marked as possibly double")


class ApiScope(models.TextChoices):
    """What a key of the native API may do; each scope stands alone."""

    MESSAGES_SEND = "messages:send", _("Send messages")
    MESSAGES_READ = "messages:read", _("Read messages, replies and statistics")
    CAMPAIGNS_WRITE = "campaigns:write", _("Prepare campaigns")
    CAMPAIGNS_SEND = "campaigns:send", _("Start, suspend, continue and cancel campaigns")
    TEXTS_READ = "texts:read", _("Read signatures and body templates")
    TEXTS_WRITE = "texts:write", _("Submit signatures and body templates for review")
    NUMBERS_WRITE = "numbers:write", _("Read and change number lists")


class CallbackKind(models.TextChoices):
    """What a callback tells. Voice events go out once voice messages exist."""

    STATUS = "status", _("Status")
    REPLY = "reply", _("Reply")
    VOICE = "voice", _("Voice")


class CallbackFormat(models.TextChoices):
    TENCENT = "tencent", _("Tencent Cloud")
    STANDARD = "standard", _("Standard Webhooks")


class CallbackTrouble(models.TextChoices):
    """Why the console itself switched an endpoint off."""

    GONE = "gone", _("It answered 410: it wants no more")
    FAILING = "failing", _("It failed for three days")
