"""The receipts of one message are looked for around their time; a BRIN costs the inserts of a flood of them nothing."""

from django.db import migrations

CREATE = """
CREATE INDEX delivery_receipt_received ON delivery_receipt USING brin (received_at)
    WITH (pages_per_range = 16, autosummarize = on)
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0012_reply_search")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX delivery_receipt_received")]
