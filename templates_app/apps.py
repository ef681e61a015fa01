from django.apps import AppConfig
from django.core.checks import register

from templates_app.setting_checks import check_lengths


class TemplatesAppConfig(AppConfig):
    name = "templates_app"

    def ready(self) -> None:
        register(check_lengths)
