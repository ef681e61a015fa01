"""What every change of a campaign does: lock it, look at the version, write down what happened."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignChanged, CampaignsError
from campaigns.models import Campaign, CampaignEvent
from campaigns.statuses import EDITABLE_STATUSES, MAY_FOLLOW, CampaignStatus, EventKind
from smsconsole.outbox.services import append_event

_LOADED = (
    "project",
    "created_by",
    "changed_by",
    "sent_by",
    "dispatch",
    "signature_revision",
    "body_template_revision__body_template",
)


def lock(campaign: Campaign) -> Campaign:
    """The campaign as it is now, locked until the transaction ends; everything it points to is loaded.

    Locks are taken in the order campaign, upload, dispatch.
    """
    return (
        Campaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related(*_LOADED)
        .get(pk=campaign.pk)
    )


def lock_draft(campaign: Campaign, *, version: int | None) -> Campaign:
    """Lock a campaign to change it before it is sent; `version` is the one that the person saw, if any.

    Raises `CampaignsError` once it is sent or cancelled, `CampaignChanged` when somebody was first.
    """
    locked = lock(campaign)
    if locked.status not in EDITABLE_STATUSES:
        raise CampaignsError(
            _("“%(name)s” is %(status)s and can no longer be changed. Copy it to send something else.")
            % {"name": locked.name, "status": locked.get_status_display().lower()}
        )
    check_version(locked, version)
    return locked


def check_version(campaign: Campaign, version: int | None) -> None:
    if version is None or campaign.version == version:
        return
    event = campaign.events.select_related("by").first()
    who, when = campaign.changed_by, campaign.changed_at
    if event is not None and event.created_at > when:
        who, when = event.by, event.created_at
    raise CampaignChanged(
        _("%(who)s changed this campaign on %(when)s, after you had opened it. Look at it once more.")
        % {
            "who": who or _("The console"),
            "when": date_format(when.astimezone(campaign.project.zone), "MOMENT_WITH_SECONDS"),
        }
    )


def write(campaign: Campaign, *fields: str, by: User) -> None:
    """Save a person's change of a locked draft as a new version."""
    campaign.version += 1
    campaign.changed_at, campaign.changed_by = timezone.now(), by
    campaign.save(update_fields=["version", "changed_at", "changed_by", *fields])


def move(campaign: Campaign, status: CampaignStatus, **fields: object) -> None:
    """Write a locked campaign's next state with the fields that belong to it, as a new version.

    Raises `CampaignsError` for a state that may not follow (`MAY_FOLLOW`).
    """
    if status not in MAY_FOLLOW[CampaignStatus(campaign.status)]:
        raise CampaignsError(
            _("“%(name)s” is %(status)s and cannot become %(next)s. Look at it once more.")
            % {
                "name": campaign.name,
                "status": campaign.get_status_display().lower(),
                "next": str(status.label).lower(),
            }
        )
    campaign.status = status
    campaign.version += 1
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=["status", "version", *fields])


def tell(campaign: Campaign, kind: EventKind, *, by: User | None, **detail: object) -> None:
    """Append to the timeline and to the outbox, in the caller's transaction.

    `detail` holds counts, words and times; never a number of a person or a text.
    """
    CampaignEvent.objects.create(campaign=campaign, kind=kind, by=by, detail=detail)
    append_event(
        kind=f"campaign.{kind}",
        subject=f"campaign:{campaign.uuid}",
        payload={"project": str(campaign.project.uuid), "by": str(by.uuid) if by else None, **detail},
    )
