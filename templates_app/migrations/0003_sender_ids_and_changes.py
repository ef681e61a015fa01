"""Sender IDs, reviewed like signatures; and when and by whom a revision was last written."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# As for the other revisions, see 0002.
KEEP = """
CREATE TRIGGER keep_content BEFORE UPDATE ON templates_app_senderidrevision FOR EACH ROW
    WHEN (OLD.status <> 'draft'
        AND (OLD.sender_id_id, OLD.number, OLD.text, OLD.remarks)
        IS DISTINCT FROM (NEW.sender_id_id, NEW.number, NEW.text, NEW.remarks))
    EXECUTE FUNCTION templates_app_keep_content();

CREATE TRIGGER keep_order BEFORE UPDATE OF status ON templates_app_senderidrevision FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('draft', 'pending'), ('pending', 'draft'), ('pending', 'approved'), ('pending', 'rejected'),
        ('approved', 'retired'), ('approved', 'revoked')))
    EXECUTE FUNCTION templates_app_keep_order();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
        ("templates_app", "0002_unchangeable_content"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SenderId",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="SenderIdRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("pending", "Pending approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("retired", "Retired"),
                            ("revoked", "Revoked"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("remarks", models.TextField(blank=True, max_length=500, verbose_name="remarks")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("text", models.CharField(max_length=30, verbose_name="Sender ID")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="review",
            name="review_of_exactly_one_revision",
        ),
        migrations.AddField(
            model_name="bodytemplaterevision",
            name="changed_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="bodytemplaterevision",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="signaturerevision",
            name="changed_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="signaturerevision",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="senderid",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sender_ids", to="projects.project"
            ),
        ),
        migrations.AddField(
            model_name="senderidrevision",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="senderidrevision",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="senderidrevision",
            name="sender_id",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="templates_app.senderid",
            ),
        ),
        migrations.AddField(
            model_name="senderidrevision",
            name="submitted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="sender_id_revision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to="templates_app.senderidrevision",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("body_template_revision__isnull", True),
                        ("sender_id_revision__isnull", True),
                        ("signature_revision__isnull", False),
                    ),
                    models.Q(
                        ("body_template_revision__isnull", False),
                        ("sender_id_revision__isnull", True),
                        ("signature_revision__isnull", True),
                    ),
                    models.Q(
                        ("body_template_revision__isnull", True),
                        ("sender_id_revision__isnull", False),
                        ("signature_revision__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="review_of_exactly_one_revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="senderidrevision",
            constraint=models.UniqueConstraint(
                fields=("sender_id", "number"), name="sender_id_revision_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="senderidrevision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "approved")),
                fields=("sender_id",),
                name="one_approved_sender_id_revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="senderidrevision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["draft", "pending"])),
                fields=("sender_id",),
                name="one_open_sender_id_revision",
            ),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    ]
