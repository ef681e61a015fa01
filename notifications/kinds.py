"""Events to words: who is told what, in one table. Kinds that do not stand here are nobody's news."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from notifications import scenes
from notifications.scenes import ReadScenes
from notifications.statuses import Topic
from projects.statuses import AlarmEvent


@dataclass(frozen=True, slots=True)
class Kind:
    """How events of a kind are told.

    `title` stands alone in a text message and a subject; `text` says more. `look` is that of a notice. Members with
    one of `roles` have it in their bell, platform staff if `to_staff`, besides the people the scene names. `alarm`
    is what alarm contacts subscribe to. What `folds` is told once per `ALARM_INTERVAL_SECONDS` and project, and
    what comes meanwhile in one summary; `adds` are the values that sum up in it, `gathers` those listed.
    """

    topic: Topic
    look: str
    title: str | Promise
    text: str | Promise
    read: ReadScenes
    roles: frozenset[Role] = frozenset()
    to_staff: bool = False
    alarm: AlarmEvent | None = None
    folds: bool = False
    adds: tuple[str, ...] = ()
    gathers: tuple[str, ...] = ()


_ADMINS = frozenset({Role.ADMIN})
_REVIEWERS = frozenset({Role.REVIEWER})
_SENDERS = frozenset({Role.ADMIN, Role.OPERATOR})


def _submitted(title: str | Promise, text: str | Promise) -> Kind:
    return Kind(
        topic=Topic.REVIEWS,
        look="info",
        title=title,
        text=text,
        read=scenes.submitted_text,
        roles=_REVIEWERS,
        alarm=AlarmEvent.REVIEW_WAITING,
    )


def _decided(look: str, title: str | Promise, text: str | Promise) -> Kind:
    return Kind(
        topic=Topic.REVIEWS,
        look=look,
        title=title,
        text=text,
        read=scenes.decided_text,
        alarm=AlarmEvent.REVIEW_RESULT,
    )


_REVIEWED: dict[str, Kind] = {
    "signature.submitted": _submitted(
        _("A signature waits for review: %(name)s"),
        _("%(by)s submitted the signature “%(name)s”. Approve or reject it in the review queue."),
    ),
    "signature.approved": _decided(
        "success",
        _("Signature approved: %(name)s"),
        _("%(by)s approved the signature “%(name)s”. Campaigns can use it now."),
    ),
    "signature.rejected": _decided(
        "error",
        _("Signature rejected: %(name)s"),
        _("%(by)s rejected the signature “%(name)s”. Read the reasons, correct it and submit it again."),
    ),
    "signature.revoked": _decided(
        "warning",
        _("Approval revoked: signature %(name)s"),
        _("%(by)s revoked the approval of the signature “%(name)s”. Campaigns that use it are held."),
    ),
    "body_template.submitted": _submitted(
        _("A body template waits for review: %(name)s"),
        _("%(by)s submitted the body template “%(name)s”. Approve or reject it in the review queue."),
    ),
    "body_template.approved": _decided(
        "success",
        _("Body template approved: %(name)s"),
        _("%(by)s approved the body template “%(name)s”. Campaigns can use it now."),
    ),
    "body_template.rejected": _decided(
        "error",
        _("Body template rejected: %(name)s"),
        _("%(by)s rejected the body template “%(name)s”. Read the reasons, correct it and submit it again."),
    ),
    "body_template.revoked": _decided(
        "warning",
        _("Approval revoked: body template %(name)s"),
        _("%(by)s revoked the approval of the body template “%(name)s”. Campaigns that use it are held."),
    ),
    "sender_id.submitted": _submitted(
        _("A sender ID waits for review: %(name)s"),
        _("%(by)s submitted the sender ID “%(name)s”. Approve or reject it in the review queue."),
    ),
    "sender_id.approved": _decided(
        "success",
        _("Sender ID approved: %(name)s"),
        _("%(by)s approved the sender ID “%(name)s”. International campaigns can use it now."),
    ),
    "sender_id.rejected": _decided(
        "error",
        _("Sender ID rejected: %(name)s"),
        _("%(by)s rejected the sender ID “%(name)s”. Read the reasons, correct it and submit it again."),
    ),
    "sender_id.revoked": _decided(
        "warning",
        _("Approval revoked: sender ID %(name)s"),
        _("%(by)s revoked the approval of the sender ID “%(name)s”. It cannot be used any more."),
    ),
    "review.overdue": Kind(
        topic=Topic.REVIEWS,
        look="warning",
        title=_("A review is overdue: %(name)s"),
        text=_("“%(name)s” has waited longer for its review than was promised to its author."),
        read=scenes.overdue_text,
        roles=_REVIEWERS,
        alarm=AlarmEvent.REVIEW_WAITING,
    ),
}

_LIMITS: dict[str, Kind] = {
    "limits.hit": Kind(
        topic=Topic.LIMITS,
        look="warning",
        title=_("Messages blocked by a limit: %(n)s"),
        text=_(
            "%(n)s messages were blocked (%(rule)s). The failures page of the campaign names each "
            "number and when it would have passed."
        ),
        read=scenes.of_project("limits", "rule", "n"),
        roles=_ADMINS,
        alarm=AlarmEvent.FREQUENCY_LIMIT,
        folds=True,
        adds=("n",),
        gathers=("rule",),
    ),
    "cap.warning": Kind(
        topic=Topic.LIMITS,
        look="warning",
        title=_("Warning value passed: %(n)s messages, %(scope)s, %(period)s"),
        text=_(
            "%(n)s messages were sent (%(scope)s, %(period)s); the warning value is %(value)s. Nothing is held yet."
        ),
        read=scenes.of_project("limits", "scope", "period", "value", "n"),
        roles=_ADMINS,
        alarm=AlarmEvent.CAP_WARNING,
        folds=True,
    ),
    "cap.reached": Kind(
        topic=Topic.LIMITS,
        look="error",
        title=_("Cap reached: %(value)s messages, %(scope)s, %(period)s"),
        text=_(
            "The cap of %(value)s messages (%(scope)s, %(period)s) is reached. What would go beyond it is held: "
            "raise the cap, or continue the campaigns when the next period has begun."
        ),
        read=scenes.of_project("limits", "scope", "period", "value", "n"),
        roles=_ADMINS,
        alarm=AlarmEvent.CAP_REACHED,
        folds=True,
    ),
    "sending.stopped": Kind(
        topic=Topic.LIMITS,
        look="error",
        title=_("Everything was stopped"),
        text=_("%(by)s stopped all sending. Nothing leaves until an admin allows it again."),
        read=scenes.stopped_sending,
        roles=_SENDERS,
    ),
    "sending.allowed": Kind(
        topic=Topic.LIMITS,
        look="success",
        title=_("Sending is allowed again"),
        text=_("%(by)s allowed sending again. Campaigns stay held until somebody continues them."),
        read=scenes.stopped_sending,
        roles=_SENDERS,
    ),
    "otp.abuse": Kind(
        topic=Topic.LIMITS,
        look="error",
        title=_("Verification codes look abused: %(requested)s requests in an hour"),
        text=_(
            "%(requested)s verification codes were requested in one hour, %(day_before)s in the same hour the day "
            "before; %(success_percent)s %% were delivered. Check who requests them; stop everything if it is an "
            "attack."
        ),
        read=scenes.of_project("security-settings", "requested", "day_before", "success_percent"),
        roles=_ADMINS,
        alarm=AlarmEvent.ABUSE,
        folds=True,
    ),
    "gateway.down": Kind(
        topic=Topic.LIMITS,
        look="error",
        title=_("Gateway cannot be used: %(name)s"),
        text=_(
            "The gateway “%(name)s” has not taken messages for more than a minute. What is queued waits and leaves "
            "when it works again."
        ),
        read=scenes.gateway,
        roles=_ADMINS,
        to_staff=True,
        alarm=AlarmEvent.GATEWAY_DOWN,
        folds=True,
    ),
    "gateway.up": Kind(
        topic=Topic.LIMITS,
        look="success",
        title=_("Gateway works again: %(name)s"),
        text=_("The gateway “%(name)s” takes messages again. What was waiting leaves now."),
        read=scenes.gateway,
        roles=_ADMINS,
        to_staff=True,
        alarm=AlarmEvent.GATEWAY_DOWN,
        folds=True,
    ),
    "callback.failing": Kind(
        topic=Topic.LIMITS,
        look="warning",
        title=_("Callback fails: %(callback_kind)s"),
        text=_(
            "Your server has not taken the callback for an hour (%(callback_kind)s). It is tried again, for three days "
            "at most; the delivery log says what it answered."
        ),
        read=scenes.of_project("callbacks", "callback_kind"),
        roles=_ADMINS,
        alarm=AlarmEvent.CALLBACK_FAILING,
    ),
    "callback.given_up": Kind(
        topic=Topic.LIMITS,
        look="error",
        title=_("Callback switched off: %(callback_kind)s"),
        text=_(
            "The console switched the callback off (%(callback_kind)s). Why: %(callback_trouble)s. Switch it on again "
            "when your server is ready; what happened meanwhile can be told again from the delivery log."
        ),
        read=scenes.of_project("callbacks", "callback_kind", "callback_trouble"),
        roles=_ADMINS,
        alarm=AlarmEvent.CALLBACK_FAILING,
    ),
    "contact.tested": Kind(
        topic=Topic.LIMITS,
        look="info",
        title=_("Test of an alarm contact"),
        text=_("%(by)s sent this test. Alarms of this kind reach you at this address."),
        read=scenes.of_project("alarm-contacts"),
    ),
}

_CAMPAIGNS: dict[str, Kind] = {
    "campaign.finished": Kind(
        topic=Topic.CAMPAIGNS,
        look="success",
        title=_("Campaign finished: %(name)s"),
        text=_("Everything of “%(name)s” has left. Receipts may still come in."),
        read=scenes.campaign,
    ),
    "campaign.held": Kind(
        topic=Topic.CAMPAIGNS,
        look="warning",
        title=_("Campaign held: %(name)s"),
        text=_("The console holds “%(name)s”: %(reason)s. Look at it, then continue or cancel it."),
        read=scenes.campaign,
    ),
    "campaign.suspended": Kind(
        topic=Topic.CAMPAIGNS,
        look="warning",
        title=_("Campaign suspended itself: %(name)s"),
        text=_("“%(name)s” suspended itself. Look at it, then continue or cancel it."),
        read=scenes.campaign,
    ),
}

_VERIFICATION_PAGE = "organization-standing"

_ORGANIZATIONS: dict[str, Kind] = {
    "verification.submitted": Kind(
        topic=Topic.ORGANIZATION,
        look="info",
        title=_("An organization asks to be verified: %(name)s"),
        text=_("“%(name)s” submitted its identity verification. Look at the documents and decide."),
        read=scenes.for_staff,
        to_staff=True,
    ),
    "verification.approved": Kind(
        topic=Topic.ORGANIZATION,
        look="success",
        title=_("Identity verified: %(name)s"),
        text=_("The identity of “%(name)s” is verified. Services can be activated now."),
        read=scenes.of_organization(_VERIFICATION_PAGE),
        roles=_ADMINS,
    ),
    "verification.rejected": Kind(
        topic=Topic.ORGANIZATION,
        look="error",
        title=_("Identity verification refused: %(name)s"),
        text=_(
            "The verification of “%(name)s” was refused. Read the reasons, correct it and submit it again."
        ),
        read=scenes.of_organization(_VERIFICATION_PAGE),
        roles=_ADMINS,
    ),
    "activation.requested": Kind(
        topic=Topic.ORGANIZATION,
        look="info",
        title=_("An organization asks for a service: %(name)s"),
        text=_("“%(name)s” asks to send SMS: %(region)s."),
        read=scenes.for_staff,
        to_staff=True,
    ),
    "activation.granted": Kind(
        topic=Topic.ORGANIZATION,
        look="success",
        title=_("Service activated: %(region)s"),
        text=_("“%(name)s” may send SMS now: %(region)s."),
        read=scenes.of_organization(_VERIFICATION_PAGE, "region"),
        roles=_ADMINS,
    ),
    "activation.refused": Kind(
        topic=Topic.ORGANIZATION,
        look="error",
        title=_("Service refused: %(region)s"),
        text=_("The request of “%(name)s” was refused: %(region)s. Read the reason on its page."),
        read=scenes.of_organization(_VERIFICATION_PAGE, "region"),
        roles=_ADMINS,
    ),
    "removal.requested": Kind(
        topic=Topic.REVIEWS,
        look="info",
        title=_("A number shall be sent to again"),
        text=_("%(by)s asks to take a number off the unsubscribed ones. Approve or refuse it."),
        read=scenes.of_project("removal-list"),
        roles=_REVIEWERS,
    ),
    "removal.approved": Kind(
        topic=Topic.REVIEWS,
        look="success",
        title=_("Removal approved"),
        text=_("%(by)s took the number off the unsubscribed ones, as you asked."),
        read=scenes.decided_removal,
    ),
    "removal.refused": Kind(
        topic=Topic.REVIEWS,
        look="error",
        title=_("Removal refused"),
        text=_("%(by)s refused to take the number off the unsubscribed ones. It stays unsubscribed."),
        read=scenes.decided_removal,
    ),
}

KINDS: dict[str, Kind] = {**_REVIEWED, **_LIMITS, **_CAMPAIGNS, **_ORGANIZATIONS}
