#!/usr/bin/env python3
"""The console's command line: `manage.py up` starts everything on one machine."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsconsole.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from smsconsole.embedded.location import DataDirUnusable

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, DataDirUnusable) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
