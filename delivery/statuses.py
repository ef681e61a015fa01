"""The states of delivery, stored as small integers on the hot rows, and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageStatus(models.IntegerChoices):
    """Where a message is.

    queued -> submitting -> submitted -> delivered | undelivered | expired | rejected
                  |-> failed          the gateway said no
                  `-> uncertain       sent, nothing heard; settled by a receipt, a query or the operator
    queued -> blocked | cancelled
    submitting -> queued (attempt + 1) only when nothing of it was taken

    `submitting` is never written to a message: it is queued inside a window that is submitting.
    """

    QUEUED = 0, _("Waiting")
    SUBMITTING = 1, _("Sending")
    SUBMITTED = 2, _("Sent")
    DELIVERED = 3, _("Delivered")
    UNDELIVERED = 4, _("Failed")
    EXPIRED = 5, _("Failed")
    REJECTED = 6, _("Failed")
    FAILED = 7, _("Failed")
    UNCERTAIN = 8, _("Uncertain")
    BLOCKED = 9, _("Blocked")
    CANCELLED = 10, _("Cancelled")


# A receipt or late evidence may only raise the rank within an attempt. Finals have a fixed order, so any
# order of receipts ends the same: delivered > undelivered > expired > rejected.
RANK: dict[MessageStatus, int] = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SUBMITTING: 1,
    MessageStatus.UNCERTAIN: 2,
    MessageStatus.SUBMITTED: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.REJECTED: 5,
    MessageStatus.EXPIRED: 6,
    MessageStatus.UNDELIVERED: 7,
    MessageStatus.DELIVERED: 8,
}

# States that are open work: the campaign is not sent while one is left.
OPEN_STATUSES = frozenset({MessageStatus.QUEUED, MessageStatus.SUBMITTING})
# A carrier took it, or may have taken it.
TAKEN_STATUSES = frozenset(
    {
        MessageStatus.SUBMITTED,
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
        MessageStatus.EXPIRED,
        MessageStatus.REJECTED,
        MessageStatus.UNCERTAIN,
    }
)
# Rare enough to be worth an index of their own (see `Message.rare_status`).
RARE_STATUSES = frozenset(
    {
        MessageStatus.UNDELIVERED,
        MessageStatus.EXPIRED,
        MessageStatus.REJECTED,
        MessageStatus.FAILED,
        MessageStatus.UNCERTAIN,
        MessageStatus.BLOCKED,
        MessageStatus.CANCELLED,
    }
)


class DispatchState(models.TextChoices):
    """Suspend is this one word: no claim commits for a dispatch that is not running."""

    RUNNING = "running", _("Running")
    SUSPENDED = "suspended", _("Suspended")
    HELD = "held", _("Held")
    CANCELLED = "cancelled", _("Cancelled")


# A dispatch with this tag is the console's own (an alarm): no limit, list, hour, cap or stop of the project holds
# it back, and it counts for none of them.
SYSTEM_TAG = "system"
# A dispatch with this tag stays inside the console: its messages reach no phone, obey no limit and count for none.
SANDBOX_TAG = "sandbox"
# Dispatches with this "kind" in their tags leave before others.
URGENT_KIND = "verification"
# Of what programs send message by message, somebody waits for notifications as well.
URGENT_KINDS = frozenset({URGENT_KIND, "notification"})


class HoldCause(models.TextChoices):
    """Why the console itself holds a dispatch."""

    CAP = "cap", _("A cap is reached")
    STOPPED = "stopped", _("Everything was stopped")
    OWNER = "owner", _("Its owner holds it")


class WindowState(models.IntegerChoices):
    """A retry window waits; every other one is born submitting."""

    WAITING = 0, _("Waiting")
    SUBMITTING = 1, _("Sending")
    SETTLED = 2, _("Settled")
    LOST = 3, _("Lost")


class Reason(models.IntegerChoices):
    """Why a message is where it is, in the console's own words; the carrier's code stands beside it."""

    NONE = 0, ""
    GATEWAY_REFUSED = 1, _("Refused by the gateway")
    INVALID_NUMBER = 2, _("The number does not exist")
    UNREACHABLE = 3, _("The phone is switched off or suspended")
    OUT_OF_COVERAGE = 4, _("The phone is out of coverage")
    VALIDITY_EXPIRED = 5, _("The carrier gave up in time")
    MEMORY_FULL = 6, _("The phone's memory is full")
    SERVICE_UNSUPPORTED = 7, _("The number cannot receive text messages")
    CARRIER_REJECTED = 8, _("Rejected by the carrier")
    UNSUBSCRIBED = 9, _("The person unsubscribed")
    BLACKLISTED = 10, _("On a blacklist")
    FREQUENCY_LIMIT = 11, _("Too many messages to this number")
    CONTENT_BLOCKED = 12, _("The text was blocked by the carrier")
    ROUTE_ERROR = 13, _("No route to this number")
    CARRIER_INTERNAL = 14, _("Fault inside the carrier's network")
    UNKNOWN_CODE = 15, _("The carrier's code is not known here")
    NO_ANSWER = 16, _("The gateway did not answer")
    NO_RECEIPT = 17, _("No receipt in time")
    PARTIAL = 18, _("Only parts of the message were taken")
    CANCELLED_BY_PERSON = 19, _("Cancelled")
    SETTLED_BY_PERSON = 20, _("Settled by an operator")
    THROTTLED = 21, _("The gateway asked to slow down")
    SAME_CONTENT = 22, _("The same text went to this number a moment ago")
    PER_HOUR = 23, _("This number's limit per hour is reached")
    PER_DAY = 24, _("This number's limit per day is reached")
    SAME_CONTENT_PER_DAY = 25, _("This number's limit per day for the same text is reached")
    ON_BLACKLIST = 26, _("The number is on the project's blacklist")
    HAS_UNSUBSCRIBED = 27, _("The person unsubscribed by a reply")
    COUNTRY_NOT_ALLOWED = 28, _("The country is not among the allowed ones")
    NO_CARRIER_TEMPLATE = 29, _("The carrier has no template for this text")
    ACCOUNT_PROBLEM = 30, _("The carrier refuses the account: credit, rights or settings")
    SENDER_REFUSED = 31, _("The carrier refuses the sender or signature")
    SETTLED_BY_POLICY = 32, _("Settled by the project's policy")
    CAP_REACHED = 33, _("A cap of the project was reached")


# Refusals of this gateway, not of this message: another one may take it.
MOVABLE_REASONS = frozenset(
    {Reason.ROUTE_ERROR, Reason.NO_CARRIER_TEMPLATE, Reason.ACCOUNT_PROBLEM, Reason.SENDER_REFUSED}
)


class ReplyOutcome(models.TextChoices):
    """What was made of a reply."""

    WAITING = "waiting", _("Being read")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    REPEATED = "repeated", _("Had unsubscribed already")
    NOTED = "noted", _("Received")
    UNMATCHED = "unmatched", _("Answers no message of the last days")
