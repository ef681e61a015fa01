"""What the review queue and the lists of texts cost through their views, at 10 000 rows.

Rows are written by SQL: every second signature and body template has a second revision, a tenth of all waits in the
lists' project, and in another project of the organization 10 000 wait.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries
from templates_app.queries import Scope
from tests.factories import OrganizationFactory, ProjectFactory, member

SMALL = os.environ.get("BENCH_SMALL") == "1"
MANY = 1_000 if SMALL else 10_000
REPEATS = 15
AT_MOST_MS = 100

# One revision each, of `status`; then for every second one that is decided a second, which waits or is a draft.
FILL = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT i, gen_random_uuid() AS uuid,
       CASE WHEN %(all_wait)s OR i %% 10 = 0 THEN 'pending'
            ELSE (ARRAY['approved', 'approved', 'rejected', 'draft'])[1 + i %% 4] END AS status
FROM generate_series(1, %(n)s) AS i;
INSERT INTO templates_app_{table} (uuid, project_id, region, created_at {name_column})
SELECT uuid, %(project)s, CASE WHEN i %% 5 = 0 THEN 'domestic' ELSE 'international' END, now() {name} FROM made;
INSERT INTO templates_app_{table}revision (uuid, number, status, remarks, created_at, changed_at, author_ids,
    submitted_at, created_by_id, submitted_by_id, {noun}_id, text, {columns})
SELECT gen_random_uuid(), 1, status, 'Sent when a parcel leaves the warehouse.', now(), now(), ARRAY[%(by)s::bigint],
       CASE WHEN status <> 'draft' THEN now() - i * interval '1 second' END, %(by)s,
       CASE WHEN status <> 'draft' THEN %(by)s END, o.id, {text}, {values}
FROM made JOIN templates_app_{table} o USING (uuid);
INSERT INTO templates_app_{table}revision (uuid, number, status, remarks, created_at, changed_at, author_ids,
    submitted_at, created_by_id, submitted_by_id, {noun}_id, text, {columns})
SELECT gen_random_uuid(), 2, CASE WHEN i %% 4 = 0 THEN 'pending' ELSE 'draft' END, '', now(), now(),
       ARRAY[%(by)s::bigint], CASE WHEN i %% 4 = 0 THEN now() - i * interval '1 second' END, %(by)s,
       CASE WHEN i %% 4 = 0 THEN %(by)s END, o.id, {text}, {values}
FROM made JOIN templates_app_{table} o USING (uuid) WHERE status IN ('approved', 'rejected') AND i %% 2 = 0;
"""
SIGNATURE = {
    "table": "signature",
    "noun": "signature",
    "name_column": "",
    "name": "",
    "text": "'Shop ' || i",
    "columns": "type, use",
    "values": "'company', 'own'",
}
BODY_TEMPLATE = {
    "table": "bodytemplate",
    "noun": "body_template",
    "name_column": ", name",
    "name": ", 'Order notice ' || i",
    "text": "'Hello {{1}}, your order to {{2}} is on its way, number ' || i || '.'",
    "columns": "kind, placeholders",
    "values": """'notification', '["1", "2"]'::jsonb""",
}


def run() -> list[dict[str, Any]]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    # The manifest of static files is made by a deployment.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    organization = OrganizationFactory()
    author = member(organization, Role.OPERATOR)
    lists = ProjectFactory(organization=organization, created_by=author)
    queue = ProjectFactory(organization=organization, created_by=author)
    for noun in (SIGNATURE, BODY_TEMPLATE):
        fill(noun, lists, author.pk, MANY, all_wait=False)
        fill(noun, queue, author.pk, MANY // 2, all_wait=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [*queues(member(organization, Role.REVIEWER), queue), *text_lists(author, lists)]


def fill(noun: dict[str, str], project: Project, by: int, n: int, *, all_wait: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        values = {"project": project.pk, "by": by, "n": n, "all_wait": all_wait}
        cursor.execute(FILL.format(**noun), values)
        cursor.execute("COMMIT")


def queues(reviewer: User, project: Project) -> list[dict[str, Any]]:
    wide = reverse("organization-review-queue", args=[project.organization.uuid])
    narrow = reverse("review-queue", args=[project.slug])
    page = queries.queue_page(scope=Scope(project.organization_id, project.pk), viewer=reviewer)
    the_case = reverse("review-case", args=[project.slug, page.cases[-1].revision.uuid])
    asked: dict[str, dict[str, Any]] = {
        "": {},
        ", second page": {"after": str(page.following)},
        ", one kind and region": {"noun": "body_template", "region": "domestic"},
    }
    return [
        *(
            result(f"review queue at {MANY:,}{which}", milliseconds(reviewer, narrow, **query))
            for which, query in asked.items()
        ),
        result(f"review queue of the organization, more than {MANY:,}", milliseconds(reviewer, wide)),
        result(f"a case of the review queue at {MANY:,}", milliseconds(reviewer, the_case)),
    ]


def text_lists(operator: User, project: Project) -> list[dict[str, Any]]:
    results = []
    abroad = {"region": "international"}
    for name, words, page_of in (
        ("signature-list", "signature list", queries.signature_page),
        ("body-template-list", "body template list", queries.body_template_page),
    ):
        address = reverse(name, args=[project.slug])
        page: Any = page_of(project=project, region=Region.INTERNATIONAL)
        asked = {
            "": abroad,
            ", second page": {**abroad, "before": page.following},
            ", only pending": {**abroad, "state": "pending"},
            ", only approved": {**abroad, "state": "approved"},
            ", a state that none is in": {**abroad, "state": "revoked"},
        }
        results += [
            result(f"{words} at {MANY:,}{which}", milliseconds(operator, address, **query))
            for which, query in asked.items()
        ]
    return results


def milliseconds(person: User, address: str, **query: Any) -> float:
    """The median time of the view's answer."""
    client = Client()
    client.force_login(person)
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        response = client.get(address, query)
        times.append(1000 * (time.perf_counter() - started))
        assert response.status_code == 200, response.status_code
    # The first one compiles templates and opens the connection.
    return statistics.median(times[1:])


def result(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "ms", "bound": f"≤ {AT_MOST_MS}", "ok": value <= AT_MOST_MS}
