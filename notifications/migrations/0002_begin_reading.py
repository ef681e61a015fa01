from django.db import migrations

# What happened before the console could tell it is no news any more: reading begins here.
BEGIN = """
INSERT INTO notifications_readposition (name, xid, last_id)
SELECT 'outbox', pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0 ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("outbox", "0002_news")]

    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
