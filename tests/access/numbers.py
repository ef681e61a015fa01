"""Rows of the access table: one message, one number, uncertain messages."""

from __future__ import annotations

from typing import Any

from campaigns import fanout
from campaigns.models import Campaign
from delivery.models import MessageBody
from tests.access.kit import ADMINS, MEMBERS_AND_STAFF, OPERATORS, Row, Things, of_project, of_sent

MEMBERS_AND_STAFF_REFUSED = ("in", 422, 422, 422, 422, 404)
ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)


def of_message(things: Things) -> list[Any]:
    _slug, uuid = of_sent(things)
    campaign = Campaign.objects.get(uuid=uuid)
    fanout.run(campaign.pk)
    body = MessageBody.objects.filter(project_id=things.project.pk).first()
    assert body
    return [things.project.slug, body.message_id]


ROWS: list[Row] = [
    ("message-detail", "get", of_message, MEMBERS_AND_STAFF),
    ("number-why", "get", of_project, MEMBERS_AND_STAFF),
    ("number-why", "post", of_project, MEMBERS_AND_STAFF_REFUSED),
    ("uncertain-list", "get", of_project, MEMBERS_AND_STAFF),
    ("uncertain-settle", "post", of_project, OPERATORS),
    ("uncertain-policy", "get", of_project, ADMINS),
    ("uncertain-policy", "post", of_project, ADMINS_REFUSED),
]
