"""The plans of the hot statements at a million rows, on tables that were never analysed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Organization
from api.services import lookups
from delivery.models import Batch, Dispatch, Gateway
from delivery.queries import stories, uncertain
from delivery.queries.messages import SCAN_STEP
from delivery.services import number_matching, uncertain_policy
from delivery.sql import codes as sql_codes
from delivery.sql import counters as sql_counters
from delivery.sql import inquiries as sql_inquiries
from delivery.sql import limits as sql_limits
from delivery.sql import pages as sql_pages
from delivery.sql import receipts as sql_receipts
from delivery.sql import sending as sql
from delivery.sql import streams as sql_streams
from projects.models import Project

pytestmark = pytest.mark.django_db

N = 1_000_000
# An earlier test's autovacuum may have seen these tables empty.
FORGET_STATISTICS = """
SELECT pg_clear_relation_stats('public', t), (
    SELECT count(pg_clear_attribute_stats('public', t, attname::text, false)) FROM pg_attribute
    WHERE attrelid = t::regclass AND attnum > 0 AND NOT attisdropped
) FROM unnest(ARRAY['delivery_message', 'delivery_messagebody', 'delivery_messagepart', 'delivery_numberslots']) AS t
"""
FILL = """
INSERT INTO delivery_message (id, dispatch_id, status, reason, attempt, may_be_double, n_segments, country, rare_status,
    submitted_at)
SELECT %(first)s + i, %(dispatch)s, coalesce(rare, 3), 0, 1, false, 1, 'CN', rare, now() - interval '2 hours'
FROM generate_series(0, %(n)s - 1) AS i CROSS JOIN LATERAL (
    SELECT CASE WHEN i %% 2000 = 1000 THEN 8 WHEN i %% 4000 = 0 THEN 6 WHEN i %% 1000 = 0 THEN 7 END
) AS r (rare);
INSERT INTO delivery_dispatchcount (dispatch_id, status, n, n_segments) VALUES (%(dispatch)s, 8, 500, 500);
INSERT INTO delivery_messagebody (message_id, project_id, owner_row, msisdn, sender, text)
SELECT %(first)s + i, %(project)s, i, '+86138' || lpad(i::text, 8, '0'), '', 'x'
FROM generate_series(0, %(n)s - 1) AS i;
INSERT INTO delivery_unmatchedreceipt (receipt_id, gateway_id, gateway_message_id, reference, state, reason, code,
    reported_at, received_at, n_tries, next_try_at)
SELECT i, 1, 'gw-' || i * 1000, '', 3, 0, '', now(), now(), 0, now() FROM generate_series(1, 100) AS i;
INSERT INTO delivery_messagepart (gateway_id, gateway_message_id, message_id, seq, attempt)
SELECT 1, 'gw-' || i, %(first)s + i, 1, 1 FROM generate_series(0, %(n)s - 1) AS i;
INSERT INTO delivery_messagenote (message_id, project_id, context, extend)
SELECT %(first)s + i * 10, %(project)s, 'an order', '' FROM generate_series(0, %(n)s / 10 - 1) AS i;
INSERT INTO delivery_numberslots (project_id, msisdn, slots, touched_at)
SELECT %(project)s, '+86138' || lpad(i::text, 8, '0'), decode(repeat('00', 72), 'hex'), now()
FROM generate_series(0, %(n)s - 1) AS i;
"""


@pytest.fixture(scope="module")
def million(django_db_setup: None, django_db_blocker: Any) -> Iterator[Dispatch]:
    with django_db_blocker.unblock(), transaction.atomic():
        organization = Organization.objects.create(name="Big")
        project = Project.objects.create(organization=organization, name="Big", slug="big")
        gateway = Gateway.objects.create(slug="big", name="Big", kind="simulator")
        dispatch = Dispatch.objects.create(
            owner="big",
            project=project,
            gateway=gateway,
            tags={"kind": "notification"},
            first_id=1_000,
            n_reserved=N,
        )
        Batch.objects.create(
            dispatch=dispatch, gateway=gateway, first_id=1_000, last_id=999 + N, next_id=1_000 + N, n_open=0
        )
        with connection.cursor() as cursor:
            cursor.execute(FORGET_STATISTICS, {})
            cursor.execute(FILL, {"first": 1_000, "n": N, "dispatch": dispatch.pk, "project": project.pk})
        yield dispatch
        transaction.set_rollback(True)
    # The million rows are gone, but not their place: later tests would walk over it.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE delivery_message, delivery_messagebody, delivery_messagepart, delivery_messagenote,"
            " delivery_numberslots"
        )


def explain(statement: str, values: dict[str, Any]) -> dict[str, Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
        plan: dict[str, Any] = cursor.fetchone()[0][0]["Plan"]
        transaction.set_rollback(True)
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def n_buffers(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


MIDDLE = 500_000
# As far apart in the table as they can be.
NUMBERS = [f"+86138{i * 5_000:08d}" for i in range(200)]
YEARS = {"begin": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}
STATEMENTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "read a window": (sql.READ_RANGE, {"first": MIDDLE, "last": MIDDLE + 199}, 3_000),
    "settle a window": (sql.SETTLE_SUBMITTED, {"ids": list(range(MIDDLE, MIDDLE + 200)), "window": 1}, 3_000),
    "gather loose messages": (
        sql_streams.ENTER_MEMBERS,
        {"ids": list(range(MIDDLE, MIDDLE + 200)), "window": 1},
        3_000,
    ),
    "a page of numbers": (
        sql_pages.SCAN,
        {"first": MIDDLE, "last": MIDDLE + SCAN_STEP, "statuses": [3], "limit": 51},
        2_000,
    ),
    "a page of failures": (
        sql_pages.RARE,
        {"status": 7, "first": MIDDLE, "last": MIDDLE + N, "limit": 51},
        1_000,
    ),
    "search a number": (
        sql_pages.SEARCH_WHOLE,
        {"whole": "+8613800500000", "first": 0, "last": 2 * N},
        200,
    ),
    "search last digits": (
        sql_pages.SEARCH_TAIL,
        {"tail": "0001", "like": "%500001", "first": 0, "last": 2 * N},
        3_000,
    ),
    "slots of a window's numbers": (sql_limits.READ_SLOTS, {"numbers": NUMBERS}, 2_000),
    "slots given back": (sql_limits.GIVE_SLOTS_BACK, {"numbers": NUMBERS, "ids": list(range(200))}, 4_000),
    "entries of a window's numbers": (sql_limits.READ_LISTED, {"numbers": NUMBERS}, 2_000),
    "receipts due again": (sql_receipts.READ_DUE_UNMATCHED, {"limit": 1_000, "span": 864_000}, 3_000),
    "uncertain messages to ask about": (
        sql_inquiries.TAKE_DUE,
        {"after": 60, "deadline": 259_200, "limit": 50, "first": 60, "longest": 3_600, "gateways": [1]},
        9_000,
    ),
    "gateways to ask": (
        sql_inquiries.GATEWAYS_DUE,
        {"after": 60, "deadline": 259_200, "gateways": [1]},
        4_000,
    ),
    "what a policy is to settle": (
        uncertain_policy._DUE,
        {"minutes": 60, "policy": "sent", "is_code": False, "limit": 500},
        4_000,
    ),
    "how many are uncertain": (uncertain._GROUPS, {"most": 10_000}, 2_000),
    "a page of uncertain ones": (uncertain._PAGE, {"after": 0, "limit": 51}, 1_000),
    "why receipts failed": (
        sql_counters.FAILED_RECEIPTS,
        YEARS,
        3_000,
    ),
    "messages to a number": (
        stories._IDS_OF_NUMBER,
        {"msisdn": "+8613800500000", "first": 0, "last": 2 * N, "limit": 10},
        200,
    ),
    "messages to a number, for a program": (
        lookups._OF_NUMBER,
        {"msisdn": "+8613800500000", **YEARS, "most": 2_000, "limit": 100, "offset": 0},
        300,
    ),
    "messages of a program": (lookups._OF_IDS, {"ids": list(range(MIDDLE, MIDDLE + 200))}, 4_000),
    "receipts of messages": (
        stories._RECEIPTS,
        {
            "gateways": [1] * 10,
            "part_ids": ["gw-1", "gw-2"],
            "references": ["1000-1"],
            "froms": ["2026-01-01T00:00Z"] * 10,
            "untils": ["2026-01-01T00:03Z"] * 10,
            "limit": 50,
        },
        1_000,
    ),
    "whose receipt it may be": (
        number_matching.CANDIDATES,
        {"gateways": [1] * 50, "msisdns": NUMBERS[:50], "span": 518_400},
        1_000,
    ),
    "a code in the past": (
        sql_codes.COUNT_MESSAGES,
        {"code": "X", "gateways": [1], "hours": 72},
        4_000,
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_hot_statement_reads_a_whole_table(million: Dispatch, name: str) -> None:
    statement, values, max_buffers = STATEMENTS[name]
    of_dispatch: dict[str, Any] = {
        "dispatch": million.pk,
        "dispatches": [million.pk],
        "gateway": million.gateway_id,
    }
    if "gateways" in values:
        of_dispatch |= {"gateways": [million.gateway_id] * len(values["gateways"])}
    plan = explain(statement, {**values, **of_dispatch, "project": million.project_id})
    scans = {
        node["Node Type"]
        for node in nodes(plan)
        if node.get("Relation Name", "").startswith(("delivery_message", "delivery_numberslots"))
    }
    assert "Seq Scan" not in scans
    assert n_buffers(plan) < max_buffers
