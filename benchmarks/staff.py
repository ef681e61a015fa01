"""What the pages of platform staff cost through their views, at 10 000 organizations."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories import UserFactory
from tests.people import note_in_session

SMALL = os.environ.get("BENCH_SMALL") == "1"
MANY = 1_000 if SMALL else 10_000
REPEATS = 15
AT_MOST_MS = 100

# Half of them are verified and active, the other half wait for both.
FILL = """
INSERT INTO accounts_organization (uuid, name, created_at, requires_two_factor, locked_reason)
SELECT gen_random_uuid(), 'Bench ' || i, now(), true, '' FROM generate_series(1, %(n)s) AS i;
INSERT INTO accounts_identityverification (uuid, organization_id, kind, legal_name, registration_number, address,
    contact_name, contact_msisdn, status, origin, submitted_at, submitted_by_id, reasons, comment)
SELECT gen_random_uuid(), id, CASE WHEN id %% 3 = 0 THEN 'individual' ELSE 'enterprise' END, 'Legal ' || name, '', '',
       '', '', CASE WHEN id %% 2 = 0 THEN 'approved' ELSE 'pending' END, 'request', now(), %(by)s, '{}', ''
FROM accounts_organization WHERE name LIKE 'Bench %%';
INSERT INTO accounts_serviceactivation (organization_id, region, status, origin, purpose, requested_at, requested_by_id,
    comment, changed_at)
SELECT id, 'domestic', CASE WHEN id %% 2 = 0 THEN 'granted' ELSE 'requested' END, 'request', 'Codes', now(), %(by)s,
       '', now()
FROM accounts_organization WHERE name LIKE 'Bench %%';
INSERT INTO accounts_membership (uuid, organization_id, user_id, roles, may_reveal_numbers, created_at, changed_at)
SELECT gen_random_uuid(), id, %(by)s, '{operator}', false, now(), now()
FROM accounts_organization WHERE name LIKE 'Bench %%';
"""


def run() -> list[dict[str, Any]]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"n": MANY, "by": UserFactory().pk})
        cursor.execute("VACUUM ANALYZE")
    organizations, verifications = reverse("staff-organization-list"), reverse("staff-verification-list")
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("organizations", organizations, {}),
        ("organizations, found by a part of the legal name", organizations, {"q": "legal bench 77"}),
        ("organizations, a name that none has", organizations, {"q": "nobody"}),
        ("organizations, only individuals", organizations, {"standing": "individual"}),
        ("organizations, only unverified", organizations, {"standing": "unverified"}),
        ("verifications waiting", verifications, {}),
        ("activations waiting", verifications, {"what": "activations"}),
        ("verifications decided", verifications, {"what": "decided"}),
    ]
    return [
        result(f"staff at {MANY:,}: {words}", milliseconds(address, query)) for words, address, query in asked
    ]


def result(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "ms", "bound": f"≤ {AT_MOST_MS}", "ok": value <= AT_MOST_MS}


def milliseconds(address: str, query: dict[str, str]) -> float:
    """The median time of the view's answer."""
    client, staff = Client(), UserFactory(is_staff=True)
    client.force_login(staff)
    note_in_session(client, staff, method="mfa", type="totp")
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        response = client.get(address, query)
        times.append(1000 * (time.perf_counter() - started))
        assert response.status_code == 200, response.status_code
    # The first one compiles templates and opens the connection.
    return statistics.median(times[1:])
