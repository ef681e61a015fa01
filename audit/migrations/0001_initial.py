"""Entries, and the triggers that refuse to change or remove one."""

from django.db import migrations, models

KEEP = """
CREATE FUNCTION audit_keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit are never changed or removed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER keep_entries BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_keep_entries();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField()),
                (
                    "operation",
                    models.CharField(
                        choices=[("insert", "Added"), ("update", "Changed"), ("delete", "Removed")],
                        max_length=6,
                    ),
                ),
                ("subject", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=40)),
                ("organization_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("request_id", models.CharField(blank=True, max_length=36)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "-id"], name="audit_of_organization"),
                    models.Index(fields=["project_id", "-id"], name="audit_of_project"),
                    models.Index(fields=["subject", "object_id", "-id"], name="audit_of_object"),
                    models.Index(fields=["actor_id", "-id"], name="audit_of_actor"),
                ],
            },
        ),
        migrations.RunSQL(KEEP, "DROP FUNCTION audit_keep_entries() CASCADE"),
    ]
