"""The options of a script as words at the shell."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from delivery.simulation.script import Script


def add_script_options(parser: argparse.ArgumentParser, script: type[Script]) -> None:
    """An option of the command for each of the script's."""
    group = parser.add_argument_group("script")
    for option in fields(script):
        flag = "--" + option.name.replace("_", "-")
        words = f"{option.metadata['help']} (default: {option.default})"
        if isinstance(option.default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=words)
        elif option.metadata["choices"]:
            group.add_argument(flag, choices=option.metadata["choices"], help=words)
        else:
            group.add_argument(flag, type=type(option.default), metavar="N", help=words)


def given_script_options(script: type[Script], options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were given at the shell."""
    return {
        option.name: options[option.name] for option in fields(script) if options[option.name] is not None
    }
