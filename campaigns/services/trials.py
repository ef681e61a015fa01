"""A test of a draft: its text to a few numbers of one's own, as messages that do not belong to the campaign."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError, NotReady
from campaigns.fanout import finished_messages
from campaigns.marketing import sending_hours
from campaigns.models import Campaign, TestSend
from campaigns.recipients import RecipientRow, recipients_after
from campaigns.services.changes import lock_draft, tell
from campaigns.services.manual import check_numbers
from campaigns.services.readiness import place_problems, sender_problems, text_problems
from campaigns.services.uploads import current_upload
from campaigns.statuses import EventKind
from campaigns.texts import consent_key, dispatch_tags, text_maker
from delivery.queries import default_gateway
from delivery.routing import router_for
from delivery.services import append_messages, finish_fanout, open_dispatch
from projects.services import require_enabled
from smsconsole.lib.types import Region
from templates_app.rendering import sample_parameters
from templates_app.statuses import TextKind

MAX_TEST_NUMBERS = 5


def send_test(*, campaign: Campaign, text: str, by: User) -> TestSend:
    """Send the draft's text to up to five typed numbers at once, with the parameters of its first recipient.

    Raises `CampaignsError` when a number cannot be sent to, `NotReady` while the texts may not be used.
    """
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=None)
        problems = [*text_problems(locked), *sender_problems(locked), *place_problems(locked)]
        gateway = default_gateway()
        if problems or gateway is None:
            raise NotReady([problem.words for problem in problems])
        recipients = _test_recipients(locked, text)
        messages = finished_messages(recipients, text_maker(locked), sender=locked.sender_id)
        dispatch = open_dispatch(
            owner=f"test:{uuid.uuid4()}",
            project=locked.project,
            gateway=gateway,
            n_messages=len(messages),
            consent_key=consent_key(locked),
            tags={**dispatch_tags(locked), "test": "yes"},
            hours=sending_hours(locked),
        )
        append_messages(
            dispatch=dispatch, offset=0, rows=messages, router=router_for(locked.project, locked.kind)
        )
        finish_fanout(dispatch_id=dispatch.pk)
        test = TestSend.objects.create(campaign=locked, dispatch=dispatch, created_by=by)
        tell(locked, EventKind.TEST_SENT, by=by, n_messages=len(messages))
    return test


def _test_recipients(campaign: Campaign, text: str) -> list[RecipientRow]:
    rows, errors = check_numbers(
        text,
        region=campaign.region,
        default_country=campaign.project.default_country,
        limit=MAX_TEST_NUMBERS,
    )
    if errors:
        raise CampaignsError(
            _("“%(number)s” cannot be sent to. Correct it and send the test again.")
            % {"number": errors[0].value},
            field="numbers",
        )
    parameters = _parameters(campaign)
    return [RecipientRow(row.row_number, row.msisdn, row.country, parameters) for row in rows]


def _parameters(campaign: Campaign) -> list[str]:
    """Those of the first recipient; plausible ones while no file is read."""
    upload, body = current_upload(campaign), campaign.body_template_revision
    if body is None:
        return []
    if upload is not None and upload.checked_for.get("placeholders") == body.placeholders:
        for row in recipients_after(upload.pk, 0, 1):
            return row.parameters
    is_code = body.kind == TextKind.VERIFICATION
    return sample_parameters(body.placeholders, region=Region(campaign.region), is_code=is_code)
