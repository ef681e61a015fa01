"""What the pages of a large campaign cost, through the views, against a small one.

Messages are written by SQL, half-way through their life: delivered, sent, in flight, waiting and each rare end.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from delivery.models import Dispatch, Gateway
from delivery.queries import StatusWord
from tests.campaigns import making
from tests.factories import OrganizationFactory, ProjectFactory, member

SMALL = os.environ.get("BENCH_SMALL") == "1"
FEW, MANY = 1_000, 20_000 if SMALL else 1_000_000
REPEATS = 15
BATCH = 5_000
WINDOW = 200

# The first eight tenths are delivered but for every hundredth, which is one of the rare ends in turn; then come
# those without a receipt yet, two windows in flight, and the rest, which waits.
FILL = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT %(first)s + i AS id, i,
       CASE WHEN i >= %(n)s * 0.9 THEN 0 WHEN i >= %(n)s * 0.8 THEN 2
            WHEN i %% 100 = 99 THEN (ARRAY[4, 5, 6, 7, 8, 9, 10])[1 + (i / 100) %% 7] ELSE 3 END AS status
FROM generate_series(0, %(n)s - 1) AS i;
INSERT INTO delivery_message (id, dispatch_id, status, reason, attempt, may_be_double, n_segments, country,
    rare_status, submitted_at, final_at)
SELECT id, %(dispatch)s, status, CASE WHEN status IN (4, 7) THEN 2 ELSE 0 END, 1, false, 1, 'DE',
       CASE WHEN status >= 4 THEN status END, CASE WHEN status > 0 THEN now() END, CASE WHEN status > 2 THEN now() END
FROM made ORDER BY id;
INSERT INTO delivery_messagebody (message_id, project_id, owner_row, msisdn, sender, text)
SELECT id, %(project)s, i + 2, '+49151' || lpad(i::text, 8, '0'), '', 'Hello Person, your order is on its way.'
FROM made ORDER BY id;
INSERT INTO delivery_batch (dispatch_id, gateway_id, first_id, last_id, next_id, n_open)
SELECT %(dispatch)s, %(gateway)s, min(id), max(id), coalesce(min(id) FILTER (WHERE status = 0), max(id) + 1),
       count(*) FILTER (WHERE status = 0)
FROM made GROUP BY i / %(batch)s;
INSERT INTO delivery_dispatchcount (dispatch_id, status, n, n_segments)
SELECT %(dispatch)s, status, count(*), count(*) FROM made GROUP BY status;
INSERT INTO delivery_counterdelta (hour, dispatch_id, gateway_id, country, from_status, to_status, n, n_segments)
SELECT date_trunc('hour', now()), %(dispatch)s, %(gateway)s, 'DE', 2, 3, 0, 0 FROM generate_series(1, 200);
INSERT INTO delivery_dispatchsample (dispatch_id, at, n_left_console)
SELECT %(dispatch)s, now() - g * interval '5 seconds', 100 - g FROM generate_series(1, 10) AS g;
INSERT INTO delivery_window (batch_id, dispatch_id, gateway_id, state, is_range, first_id, last_id, n_messages,
    token, claimed_at, expires_at)
SELECT b.id, %(dispatch)s, %(gateway)s, 1, true, b.next_id, b.next_id + %(window)s / 4 - 1, %(window)s / 4, 1, now(),
       now() + interval '1 hour'
FROM delivery_batch b WHERE b.dispatch_id = %(dispatch)s AND b.n_open > 0 ORDER BY b.id LIMIT 2;
"""


def run() -> list[dict[str, Any]]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    # The manifest of static files is made by a deployment.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    pages = Pages()
    few, many = pages.campaign(FEW), pages.campaign(MANY)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [*pages.progress(few, many), *pages.numbers(many), *pages.searches(many)]


class Pages:
    """An operator's browser, and campaigns of any size that are half sent."""

    def __init__(self) -> None:
        organization = OrganizationFactory()
        self.operator = member(organization, Role.OPERATOR)
        self.project = ProjectFactory(organization=organization, created_by=self.operator)
        self.gateway = Gateway.objects.create(slug="pages", name="Pages", kind="simulator")
        self.body, self.signature = making.body(self.project), making.signature(self.project)
        self.client = Client()
        self.client.force_login(self.operator)

    def campaign(self, n: int) -> Campaign:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval('delivery_message_id_seq', nextval('delivery_message_id_seq') + %s)", [n]
            )
            first = cursor.fetchone()[0] - n
            dispatch = Dispatch.objects.create(
                owner=f"pages:{n}",
                project=self.project,
                gateway=self.gateway,
                first_id=first,
                n_reserved=n,
                n_total=n,
                n_open=n // 10,
                fanout_done=True,
            )
            values = {"first": first, "n": n, "dispatch": dispatch.pk, "project": self.project.pk}
            cursor.execute(FILL, {**values, "gateway": self.gateway.pk, "batch": BATCH, "window": WINDOW})
            return Campaign.objects.create(
                project=self.project,
                name=f"Pages {n}",
                status=CampaignStatus.RUNNING,
                region="international",
                dispatch=dispatch,
                body_template_revision=self.body,
                signature_revision=self.signature,
                created_by=self.operator,
                sent_by=self.operator,
                started_at=timezone.now(),
            )

    def milliseconds(self, campaign: Campaign, name: str, **query: object) -> float:
        """The median time of the view's answer."""
        address = reverse(name, args=[self.project.slug, campaign.uuid])
        times = []
        for _ in range(REPEATS + 1):
            started = time.perf_counter()
            response = self.client.get(address, query, headers={"HX-Request": "true"})
            times.append(1000 * (time.perf_counter() - started))
            assert response.status_code == 200, response.status_code
        # The first one compiles templates and opens the connection.
        return statistics.median(times[1:])

    def progress(self, few: Campaign, many: Campaign) -> list[dict[str, Any]]:
        # In turns, so that both meet the same machine.
        pairs = [
            (self.milliseconds(few, "campaign-progress"), self.milliseconds(many, "campaign-progress"))
            for _ in range(5)
        ]
        small, large = (statistics.median(side) for side in zip(*pairs, strict=True))
        return [
            result(f"progress fragment at {FEW:,} messages", small, at_most=50),
            result(f"progress fragment at {MANY:,} messages", large, at_most=50),
            result("the one by the other", large / small, unit="", at_most=1.5),
        ]

    def numbers(self, many: Campaign) -> list[dict[str, Any]]:
        """First, middle and last page of all numbers; the first and a middle page of each of the eight words."""
        dispatch = many.dispatch
        assert dispatch is not None
        first = dispatch.first_id or 0
        middle, last = first + MANY // 2, first + MANY - 20
        table = f"table of numbers at {MANY:,}"
        results = [
            result(f"{table}, first page", self.milliseconds(many, "campaign-numbers"), at_most=100),
            *(
                result(
                    f"{table}, {name}",
                    self.milliseconds(many, "campaign-numbers", after=after),
                    at_most=100,
                )
                for name, after in [("middle page", middle), ("last page", last)]
            ),
        ]
        for word in StatusWord:
            times = [
                self.milliseconds(many, "campaign-numbers", status=word.value, **more)
                for more in ({}, {"after": middle}, {"after": last})
            ]
            results.append(result(f"{table}, only {word.value}, slowest page", max(times), at_most=100))
        return results

    def searches(self, many: Campaign) -> list[dict[str, Any]]:
        wanted = MANY // 3
        number = f"+49151{wanted:08}"
        asked = {
            "a whole number": {"q": number},
            "its last 8 digits": {"q": number[-8:]},
            "its last 4 digits": {"q": number[-4:]},
            "its last 4 digits, only delivered": {"q": number[-4:], "status": "delivered"},
            "a number that is not there": {"q": "+4915199999999"},
        }
        return [
            result(
                f"search for {name} at {MANY:,}",
                self.milliseconds(many, "campaign-numbers", **query),
                at_most=100,
            )
            for name, query in asked.items()
        ]


def result(name: str, value: float, *, unit: str = "ms", at_most: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "bound": f"≤ {at_most:g}",
        "ok": value <= at_most,
    }
