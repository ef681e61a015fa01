from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "smsconsole.outbox"
    label = "outbox"
