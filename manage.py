#!/usr/bin/env python3
"""The console's command line: `manage.py up` starts everything on one machine."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsconsole.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    from smsconsole.embedded.location import DataDirUnusable

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, DataDirUnusable) as error:
        sys.exit(str(error))
    except OperationalError:
        exit_when_stores_are_missing()
        raise


def exit_when_stores_are_missing() -> None:
    """A forgotten `make run` reads better than the database driver's traceback."""
    from django.conf import settings

    from smsconsole.embedded.location import StoresNotRunning, require_stores

    try:
        require_stores(
            database_url=settings.DATABASE_URL, redis_url=settings.REDIS_URL, data_dir=settings.DATA_DIR
        )
    except StoresNotRunning as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
