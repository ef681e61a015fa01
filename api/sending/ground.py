"""What an order stands on at this moment: project, standing, texts. One statement, nothing remembered.

So what is locked, disabled or revoked is refused from the next request on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from accounts.standing import Standing, may_activate
from accounts.statuses import EntityKind
from projects.models import Project
from smsconsole.lib.prepared_statements import PreparedStatement
from smsconsole.lib.types import Region

# Sub-selects, each over an index of its own: a template by its key, a few signatures and sender IDs of one project.
_READ = PreparedStatement(
    """
SELECT p.disabled_at IS NOT NULL, p.stopped_at IS NOT NULL, o.locked_at,
    (SELECT v.kind FROM accounts_identityverification v
     WHERE v.organization_id = o.id AND v.status = 'approved' ORDER BY v.id LIMIT 1),
    ARRAY(SELECT a.region FROM accounts_serviceactivation a
          WHERE a.organization_id = o.id AND a.status = 'granted'),
    (SELECT json_build_array(t.uuid, t.region, r.id, r.kind, r.text, r.placeholders)
     FROM templates_app_bodytemplate t
     JOIN templates_app_bodytemplaterevision r ON r.body_template_id = t.id AND r.status = 'approved'
     WHERE t.id = $2::bigint AND t.project_id = p.id),
    (SELECT json_agg(json_build_array(f.uuid, f.text)) FROM (
        SELECT s.uuid, r.text FROM templates_app_signature s
        JOIN templates_app_signaturerevision r ON r.signature_id = s.id AND r.status = 'approved'
        WHERE s.project_id = p.id AND s.region = $3::text AND (r.text = $4::text OR $4::text = '')
        LIMIT 2) f),
    ARRAY(SELECT i.country FROM templates_app_senderid i
          JOIN templates_app_senderidrevision r ON r.sender_id_id = i.id AND r.status = 'approved'
          WHERE $5::text <> '' AND i.project_id = p.id AND r.text = $5::text)
FROM projects_project p JOIN accounts_organization o ON o.id = p.organization_id
WHERE p.id = $1::bigint
""",
    n_values=5,
)


class UsableTemplate(NamedTuple):
    """The approved revision of a body template."""

    uuid: str
    region: Region
    revision_id: int
    kind: str
    text: str
    placeholders: list[str]


class UsableSignature(NamedTuple):
    """An approved signature of the asked region."""

    uuid: str
    text: str


@dataclass(frozen=True, slots=True)
class Ground:
    """`signatures` are those with the asked text; when none was asked for, two at most of all.

    `sender_countries` are the countries that the sender ID is approved for, "" among them is every country.
    """

    is_disabled: bool
    is_stopped: bool
    standing: Standing
    template: UsableTemplate | None
    signatures: list[UsableSignature]
    sender_countries: frozenset[str]


def read_ground(
    project: Project, region: Region, *, template_id: int, signature: str, sender_id: str
) -> Ground:
    """Everything that is asked of an order's surroundings. One statement."""
    with connection.cursor() as cursor:
        _READ.execute(cursor, [project.pk, template_id, str(region), signature, sender_id])
        disabled, stopped, locked_at, kind, granted, template, signatures, senders = cursor.fetchone()
    entity = EntityKind(kind) if kind else None
    active = {Region(each) for each in granted} if locked_at is None else set()
    return Ground(
        is_disabled=disabled,
        is_stopped=stopped,
        standing=Standing(entity, frozenset(r for r in active if may_activate(entity, r)), locked_at),
        template=_template(template),
        signatures=[UsableSignature(*each) for each in read_json(signatures) or []],
        sender_countries=frozenset(senders),
    )


def _template(found: Any) -> UsableTemplate | None:
    row = read_json(found)
    if not row:
        return None
    uuid, region, revision_id, kind, text, placeholders = row
    return UsableTemplate(uuid, Region(region), revision_id, kind, text, placeholders)


def read_json(found: Any) -> Any:
    """Django has psycopg hand out `jsonb` as text, but not `json`."""
    return json.loads(found) if isinstance(found, str) else found
