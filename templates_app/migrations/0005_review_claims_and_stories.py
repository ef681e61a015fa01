"""Who reviews what just now, and the story of every text, which nobody can rewrite."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

KEEP_STORY = """
CREATE FUNCTION templates_app_keep_story() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to a text is neither changed nor deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER keep_story BEFORE UPDATE OR DELETE ON templates_app_revisionevent FOR EACH ROW
    EXECUTE FUNCTION templates_app_keep_story();
"""

FORGET = "DROP FUNCTION templates_app_keep_story() CASCADE"


class Migration(migrations.Migration):
    dependencies = [
        ("templates_app", "0004_changes_so_far"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision_uuid", models.UUIDField(unique=True)),
                ("claimed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RevisionEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("noun", models.CharField(max_length=20)),
                ("owner_uuid", models.UUIDField()),
                ("revision_uuid", models.UUIDField()),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("drafted", "Written"),
                            ("edited", "Edited"),
                            ("copied", "Copied"),
                            ("discarded", "Draft discarded"),
                            ("submitted", "Submitted for review"),
                            ("withdrawn", "Withdrawn"),
                            ("claimed", "Review begun"),
                            ("taken_over", "Review taken over"),
                            ("overdue", "Review overdue"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("revoked", "Approval revoked"),
                            ("retired", "Replaced by a newer version"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("comment", models.TextField(blank=True)),
            ],
        ),
        migrations.AddField(
            model_name="certificate",
            name="n_pages",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="review",
            name="presets",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="comment",
            field=models.TextField(blank=True, max_length=2000),
        ),
        migrations.AddIndex(
            model_name="bodytemplaterevision",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["submitted_at", "uuid"],
                name="body_templates_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="senderidrevision",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["submitted_at", "uuid"],
                name="sender_ids_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="signaturerevision",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["submitted_at", "uuid"],
                name="signatures_waiting",
            ),
        ),
        migrations.AddField(
            model_name="reviewclaim",
            name="holder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="revisionevent",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="revisionevent",
            index=models.Index(fields=["owner_uuid", "id"], name="story_of_owner"),
        ),
        migrations.AddConstraint(
            model_name="revisionevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "overdue")), fields=("revision_uuid",), name="overdue_once"
            ),
        ),
        migrations.RunSQL(KEEP_STORY, FORGET),
    ]
