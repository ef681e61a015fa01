from django.db import migrations

# Events of messages are most of the table and are named by their dispatch; whoever tells people follows the rest.
# The index is almost empty: what sends messages does not pay for it.
CREATE = "CREATE INDEX outbox_event_news ON outbox_event (xid, id) WHERE kind NOT LIKE 'messages.%'"


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX outbox_event_news")]
