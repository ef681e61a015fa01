"""Who wrote in a revision; and the database itself keeps what was submitted from changing."""

import django.contrib.postgres.fields
from django.db import migrations, models

KEEP = """
CREATE FUNCTION templates_app_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'revision % was submitted: its content never changes', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION templates_app_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'revision % may not go from % to %', OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER keep_content BEFORE UPDATE ON templates_app_signaturerevision FOR EACH ROW
    WHEN (OLD.status <> 'draft'
        AND (OLD.signature_id, OLD.number, OLD.text, OLD.type, OLD.use, OLD.remarks)
        IS DISTINCT FROM (NEW.signature_id, NEW.number, NEW.text, NEW.type, NEW.use, NEW.remarks))
    EXECUTE FUNCTION templates_app_keep_content();

CREATE TRIGGER keep_content BEFORE UPDATE ON templates_app_bodytemplaterevision FOR EACH ROW
    WHEN (OLD.status <> 'draft'
        AND (OLD.body_template_id, OLD.number, OLD.text, OLD.kind, OLD.placeholders, OLD.remarks)
        IS DISTINCT FROM (NEW.body_template_id, NEW.number, NEW.text, NEW.kind, NEW.placeholders, NEW.remarks))
    EXECUTE FUNCTION templates_app_keep_content();
"""

# An approved text that became a draft again could be rewritten, so the chain of states is kept here too.
KEEP_ORDER = """
CREATE TRIGGER keep_order BEFORE UPDATE OF status ON templates_app_{table} FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('draft', 'pending'), ('pending', 'draft'), ('pending', 'approved'), ('pending', 'rejected'),
        ('approved', 'retired'), ('approved', 'revoked')))
    EXECUTE FUNCTION templates_app_keep_order();
"""

UNDO = """
DROP FUNCTION templates_app_keep_content() CASCADE;
DROP FUNCTION templates_app_keep_order() CASCADE;
"""


def author_ids() -> models.Field:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.BigIntegerField(), default=list, size=None
    )


class Migration(migrations.Migration):
    dependencies = [("templates_app", "0001_initial")]

    operations = [
        migrations.AddField("bodytemplaterevision", "author_ids", author_ids()),
        migrations.AddField("signaturerevision", "author_ids", author_ids()),
        migrations.RunSQL(
            KEEP
            + KEEP_ORDER.format(table="signaturerevision")
            + KEEP_ORDER.format(table="bodytemplaterevision"),
            UNDO,
        ),
    ]
