"""Receipts keep the id as the carrier wrote it, where the gateway's id form made another key of it."""

from django.db import migrations, models

_FIELD = models.CharField(blank=True, db_default="", default="", max_length=80)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0017_handover_vacuum")]

    operations = [
        migrations.AddField("receipt", "written_id", _FIELD),
        migrations.AddField("unmatchedreceipt", "written_id", _FIELD),
    ]
