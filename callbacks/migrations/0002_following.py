from django.db import migrations, models

# What happened before anybody could be called back is told to nobody: reading begins here.
BEGIN = """
INSERT INTO delivery_readcursor (name, xid, last_id)
SELECT 'callbacks', pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0 ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0001_initial"),
        ("delivery", "0015_programs"),
        ("outbox", "0003_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpointhealth",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(fields=["created_at"], name="callback_oldest"),
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
