from django.db import migrations

# Whoever tells programs what became of their messages follows the events of messages, which are most of the table.
# They are a few for each window, and each is put at the end of the index.
CREATE = "CREATE INDEX outbox_event_order ON outbox_event (xid, id)"


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_news")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX outbox_event_order")]
