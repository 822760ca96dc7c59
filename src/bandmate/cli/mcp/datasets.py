"""Published collections of music: list them, show one (licence, size, citation), download it, convert its files.
download opens a connection, to the address that show names, and may fetch gigabytes: ask the user first.
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.commands import datasets as command

_NEEDS = {"list": (), "show": ("name",), "download": ("name", "to"), "convert": ("name", "folder", "out")}
_LISTED = ("name", "title", "status", "pieces", "size_bytes", "licence")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the command, said as they are meant here."""
    command.add_arguments(parser)
    said = {"name": "a collection of the list", "folder": "convert: where it lies", "out": "convert: a new folder"}
    for action in parser._actions:
        action.help = said.get(action.dest, action.help)


def run(arguments: argparse.Namespace, console: Any) -> None:
    """As the command, but of collections that Bandmate itself knows: no address comes from outside.

    Raises:
        UserError: something is missing, a file that describes a collection, or whatever the command finds.
    """
    from bandmate.errors import UserError
    from bandmate.library.datasets.table import NAMES
    from bandmate.workflows.datasets import list_datasets

    missing = [name for name in _NEEDS[arguments.action] if not getattr(arguments, name)]
    if missing:
        raise UserError(f"{arguments.action} needs {' and '.join(missing)}")
    if arguments.action == "list" and not arguments.name:
        command.run(arguments, console)
        rows = [{key: row[key] for key in _LISTED} for row in list_datasets().to_json()["datasets"]]
        console.result({"datasets": rows})
        return
    if arguments.name and arguments.name not in NAMES and arguments.name.lower().endswith(".json"):
        raise UserError(f"name '{arguments.name}' is a file; name a collection of the list, such as {NAMES[0]}")
    command.run(arguments, console)
