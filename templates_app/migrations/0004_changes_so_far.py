"""What was there already was last written when it was made.

A migration of its own: PostgreSQL refuses to alter a table whose rows were changed in the same transaction.
"""

from django.db import migrations

CHANGED = """
UPDATE templates_app_{table} SET changed_at = created_at, changed_by_id = created_by_id
"""


class Migration(migrations.Migration):
    dependencies = [("templates_app", "0003_sender_ids_and_changes")]

    operations = [
        migrations.RunSQL(CHANGED.format(table=table), migrations.RunSQL.noop)
        for table in ("signaturerevision", "bodytemplaterevision")
    ]
