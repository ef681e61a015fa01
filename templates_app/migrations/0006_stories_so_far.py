"""The stories of what was there already, as far as it is known: written, submitted, decided."""

from django.db import migrations

# Of a signature that was rejected and revoked meanwhile only the verdicts tell when; nobody noted the edits.
TELL = """
INSERT INTO templates_app_revisionevent (noun, owner_uuid, revision_uuid, number, kind, by_id, at, comment)
SELECT '{noun}', o.uuid, r.uuid, r.number, step.kind, step.by_id, step.at, step.comment
FROM templates_app_{table}revision r
JOIN templates_app_{table} o ON o.id = r.{noun}_id
CROSS JOIN LATERAL (
    SELECT 'drafted' AS kind, r.created_by_id AS by_id, r.created_at AS at, '' AS comment
    UNION ALL
    SELECT 'submitted', r.submitted_by_id, r.submitted_at, '' WHERE r.submitted_at IS NOT NULL
    UNION ALL
    SELECT v.verdict, v.reviewer_id, v.created_at, v.comment
    FROM templates_app_review v WHERE v.{noun}_revision_id = r.id
) step
ORDER BY step.at
"""
TABLES = [("signature", "signature"), ("body_template", "bodytemplate"), ("sender_id", "senderid")]


class Migration(migrations.Migration):
    dependencies = [("templates_app", "0005_review_claims_and_stories")]

    operations = [
        migrations.RunSQL(TELL.format(noun=noun, table=table), migrations.RunSQL.noop)
        for noun, table in TABLES
    ]
