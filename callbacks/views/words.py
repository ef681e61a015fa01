"""How a try went, in words: what happened, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from callbacks.models import Callback, CallbackAttempt
from callbacks.statuses import CallbackFault
from projects.statuses import CallbackKind
from projects.templatetags.console import grouped

Words = str | Promise

ADVICE: dict[str, Words] = {
    CallbackFault.TIMEOUT: gettext_lazy(
        "Your server has 15 seconds for the whole answer. Store what arrives, answer at once, and work afterwards."
    ),
    CallbackFault.REFUSED: gettext_lazy(
        "Nothing listens at this port. Start your server, or correct the port in the URL."
    ),
    CallbackFault.DNS: gettext_lazy(
        "The name in the URL has no address. Check its spelling and the DNS of your domain."
    ),
    CallbackFault.TLS: gettext_lazy(
        "The certificate does not hold: it ran out, is for another name, or its issuer is not known everywhere. "
        "Renew it, and serve the whole chain."
    ),
    CallbackFault.ADDRESS: gettext_lazy(
        "The name leads into a network of its own, which the console does not call. Use a public address, or ask "
        "whoever installed the console to allow it."
    ),
    CallbackFault.CONNECTION: gettext_lazy(
        "The connection broke before there was an answer. Look into the log of your server and of the proxy before it."
    ),
    CallbackFault.PROTOCOL: gettext_lazy(
        "What came back was no HTTP. Look at what listens at this port; a TLS port answers https:// only."
    ),
    CallbackFault.EMPTY: gettext_lazy(
        "Numbers and texts are kept for a limited time only. The status can still be asked for by id."
    ),
    CallbackFault.TOO_LONG: gettext_lazy(
        "The answer was longer than 64 kB. A short one is enough: nobody reads more."
    ),
    CallbackFault.REDIRECT: gettext_lazy(
        "Redirects are not followed. Put the address that it leads to into the URL."
    ),
    CallbackFault.RESULT: gettext_lazy(
        'Tencent’s format asks for {"result": 0, "errmsg": "OK"} in the answer; '
        "without it the request counts as not taken."
    ),
}


@dataclass(frozen=True, slots=True)
class Try:
    """One try as the page of a delivery shows it."""

    at: datetime
    milliseconds: int
    is_taken: bool
    title: str
    advice: Words
    answer: str


def try_of(attempt: CallbackAttempt) -> Try:
    return Try(
        at=attempt.at,
        milliseconds=attempt.milliseconds,
        is_taken=not attempt.fault,
        title=title_of(attempt),
        advice=_advice(attempt),
        answer=attempt.answer,
    )


def title_of(attempt: CallbackAttempt) -> str:
    """A few words: the status that was answered, or why there was none."""
    if attempt.fault in (CallbackFault.STATUS, CallbackFault.REDIRECT, "") and attempt.status:
        return _("Answered %(status)s") % {"status": attempt.status}
    words = CallbackFault(attempt.fault).label if attempt.fault in CallbackFault.values else attempt.fault
    if attempt.status:
        return _("Answered %(status)s: %(words)s") % {"status": attempt.status, "words": words}
    return str(words) or "–"


def _advice(attempt: CallbackAttempt) -> Words:
    if attempt.fault != CallbackFault.STATUS:
        return ADVICE.get(attempt.fault, "")
    status = attempt.status or 0
    if status == 410:
        return _("410 means that nothing more is wanted: the callback was switched off.")
    if status in (401, 403):
        return _(
            "Your server, or a firewall before it, let nobody in. Check the signature instead of a password."
        )
    if status in (404, 405):
        return _("Nothing takes a POST at this address. Check the path in the URL.")
    if status in (429, 502, 503, 504):
        return _("Your server is busy or down. It is tried again, not before the time that it asked for.")
    if status >= 500:
        return _("Your server failed while it worked on the request. Its own log says why.")
    return _("Only an answer between 200 and 299 says that the request was taken.")


def what_words(callback: Callback) -> str:
    """What a callback tells of, in a line."""
    if callback.kind == CallbackKind.REPLY:
        return _("A reply")
    n = callback.n_items
    return ngettext("%(n)s receipt", "%(n)s receipts", n) % {"n": grouped(n)}


def took_words(callback: Callback) -> str:
    """How long it took from the event until it was taken."""
    if callback.delivered_at is None:
        return ""
    took = callback.delivered_at - callback.event_at
    if took < timedelta(0):
        return ""
    if took < timedelta(minutes=2):
        return _("%(seconds)s s after it happened") % {"seconds": f"{took.total_seconds():.1f}"}
    minutes = int(took.total_seconds() // 60)
    if minutes < 120:
        return _("%(n)s minutes after it happened") % {"n": grouped(minutes)}
    return _("%(n)s hours after it happened") % {"n": grouped(minutes // 60)}
