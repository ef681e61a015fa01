"""A kind of callbacks as pages show it: its names, how it does in words, where the buttons lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from callbacks.models import Callback, EndpointHealth
from callbacks.queries.endpoints import COUNTED_WAITING, Card, EndpointWord
from projects.forms.seen import seen_value
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind, CallbackTrouble
from projects.templatetags.console import grouped

Words = str | Promise

TITLES: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("Status callback"),
    CallbackKind.REPLY: gettext_lazy("Reply callback"),
    CallbackKind.VOICE: gettext_lazy("Voice callback"),
}
EDIT_TITLES: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("Edit the status callback"),
    CallbackKind.REPLY: gettext_lazy("Edit the reply callback"),
    CallbackKind.VOICE: gettext_lazy("Edit the voice callback"),
}
SET_UP: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("Set up the status callback"),
    CallbackKind.REPLY: gettext_lazy("Set up the reply callback"),
    CallbackKind.VOICE: gettext_lazy("Set up the voice callback"),
}
TEXTS: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy(
        "Tells your server what became of each message: delivered, failed and why, blocked by which rule."
    ),
    CallbackKind.REPLY: gettext_lazy("Tells your server what people answer to your messages."),
    CallbackKind.VOICE: gettext_lazy(
        "Tells your server what became of calls. It goes out once voice messages exist; where to can be said now."
    ),
}
EMPTY: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("Nothing yet. The first receipt leaves when a message has an end."),
    CallbackKind.REPLY: gettext_lazy("Nothing yet. The first one leaves when somebody replies."),
    CallbackKind.VOICE: gettext_lazy("Nothing yet: it goes out once voice messages exist."),
}
OFF_QUESTIONS: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("Switch the status callback off?"),
    CallbackKind.REPLY: gettext_lazy("Switch the reply callback off?"),
    CallbackKind.VOICE: gettext_lazy("Switch the voice callback off?"),
}
SWITCHED_ON: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("The status callback is on."),
    CallbackKind.REPLY: gettext_lazy("The reply callback is on."),
    CallbackKind.VOICE: gettext_lazy("The voice callback is on."),
}
SWITCHED_OFF: dict[CallbackKind, Words] = {
    CallbackKind.STATUS: gettext_lazy("The status callback is off."),
    CallbackKind.REPLY: gettext_lazy("The reply callback is off."),
    CallbackKind.VOICE: gettext_lazy("The voice callback is off."),
}


@dataclass(frozen=True, slots=True)
class Notice:
    look: str
    title: Words
    text: Words


NO_NOTICE = Notice("", "", "")


@dataclass(frozen=True, slots=True)
class CardView:
    """What the templates of callbacks read."""

    kind: CallbackKind
    endpoint: CallbackEndpoint | None
    word: EndpointWord
    last: list[Callback]
    n_waiting: int
    waiting_words: str
    notice: Notice

    @property
    def title(self) -> Words:
        return TITLES[self.kind]

    @property
    def edit_title(self) -> Words:
        return (EDIT_TITLES if self.endpoint else SET_UP)[self.kind]

    @property
    def set_up_words(self) -> Words:
        return SET_UP[self.kind]

    @property
    def text(self) -> Words:
        return TEXTS[self.kind]

    @property
    def empty_text(self) -> Words:
        return EMPTY[self.kind]

    @property
    def off_question(self) -> Words:
        return OFF_QUESTIONS[self.kind]

    @property
    def seen(self) -> str:
        return seen_value(self.endpoint.changed_at if self.endpoint else None)

    @property
    def is_moving(self) -> bool:
        return self.n_waiting > 0 or self.word in (EndpointWord.FAILING, EndpointWord.PAUSED)

    @property
    def rotates_until(self) -> datetime | None:
        """Until when the secret before signs, too."""
        until = self.endpoint.previous_secret_until if self.endpoint else None
        return until if until and until > timezone.now() else None


def card_view(card: Card, project: Project) -> CardView:
    return CardView(
        kind=card.kind,
        endpoint=card.endpoint,
        word=card.word,
        last=card.last,
        n_waiting=card.n_waiting,
        waiting_words=_waiting_words(card.n_waiting),
        notice=_notice(card, project),
    )


def _waiting_words(n: int) -> str:
    if n >= COUNTED_WAITING:
        return _("more than %(n)s waiting") % {"n": grouped(COUNTED_WAITING)}
    return ngettext("%(n)s waiting", "%(n)s waiting", n) % {"n": grouped(n)}


def _notice(card: Card, project: Project) -> Notice:
    if card.endpoint is None:
        return NO_NOTICE
    if card.word == EndpointWord.TROUBLED:
        return _troubled(card.endpoint, project)
    if card.word in (EndpointWord.PAUSED, EndpointWord.FAILING) and card.health:
        return _failing(card.health, project, is_paused=card.word == EndpointWord.PAUSED)
    return NO_NOTICE


def _troubled(endpoint: CallbackEndpoint, project: Project) -> Notice:
    when = clock(endpoint.troubled_at, project)
    if endpoint.trouble == CallbackTrouble.GONE:
        return Notice(
            "error",
            _("The console switched it off at %(when)s.") % {"when": when},
            _(
                "Your server answered 410, which means that it wants no more. If that was not meant, correct it, "
                "send a test and switch the callback on again."
            ),
        )
    return Notice(
        "error",
        _("The console switched it off at %(when)s.") % {"when": when},
        _(
            "No request was taken for three days. Correct your server or the URL, send a test, switch the callback "
            "on again, and have told again what was missed."
        ),
    )


def _failing(health: EndpointHealth, project: Project, *, is_paused: bool) -> Notice:
    title = _("It has been failing since %(when)s.") % {"when": clock(health.failing_since, project)}
    times = ngettext(
        "%(n)s request in a row was not taken.", "%(n)s requests in a row were not taken.", health.n_failures
    ) % {"n": grouped(health.n_failures)}
    if is_paused:
        return Notice(
            "error",
            title,
            _(
                "%(times)s Nothing is sent before %(when)s; then a single request tries it again. What happens "
                "meanwhile is kept and told later."
            )
            % {"times": times, "when": clock(health.open_until, project)},
        )
    return Notice(
        "warning",
        title,
        _("%(times)s Each is tried again; the last delivery says what your server answered.")
        % {"times": times},
    )


def clock(moment: datetime | None, project: Project) -> str:
    """A moment on the project's clock."""
    return date_format(moment.astimezone(project.zone), "MOMENT_WITH_SECONDS") if moment else "–"
