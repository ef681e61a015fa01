"""Hand-overs come and go within milliseconds: their dead rows must not pile up in front of those that wait."""

from django.db import migrations

SET = """
ALTER TABLE delivery_handover SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0
)
"""
RESET = """
ALTER TABLE delivery_handover RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay
)
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0016_hour_segments")]

    operations = [migrations.RunSQL(SET, RESET)]
