"""Models that are installed: list them, show a card, move one between machines, remove one."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which model."""
    actions = ("list", "show", "export", "import", "remove")
    parser.add_argument("action", nargs="?", default="list", choices=actions, help="what to do (default: list)")
    parser.add_argument("name", nargs="?", help="the model, or the file to import")
    parser.add_argument("--out", help="file to export to")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--name", dest="new_name", help="name for an imported model")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """List, or do one thing."""
    from bandmate.errors import BriefError
    from bandmate.workflows import models

    if arguments.action != "list" and not arguments.name:
        raise BriefError(f"which model? write: bandmate models {arguments.action} NAME")
    if arguments.action == "export":
        path = models.export_model(arguments.name, arguments.out, overwrite=arguments.overwrite)
        console.say(f"wrote {path}")
        console.result({"file": str(path)})
    elif arguments.action == "import":
        model = models.import_model(arguments.name, arguments.new_name)
        console.say(f"installed '{model.name}'; use it with: bandmate compose ... --model {model.name}")
        console.result(model.to_json())
    elif arguments.action == "remove":
        folder = models.remove_model(arguments.name)
        console.say(f"removed {folder}")
        console.result({"removed": str(folder)})
    else:
        chosen = models.installed_models() if arguments.action == "list" else (models.find_model(arguments.name),)
        _list(chosen, console)


def _list(chosen: tuple, console: Console) -> None:
    rows = [model.to_json() for model in chosen]
    for row in rows:
        kind = "trained" if row["trained"] else "statistics of a library"
        source = "came with Bandmate" if row["shipped"] else row["folder"]
        console.say(f"{row['name']}: {kind}, {row['megabytes']} MB, {row['licence'] or 'yours'}, {source}")
        for key, value in row["card"].items():
            if not isinstance(value, dict | list):
                console.say(f"  {key}: {value}")
    if not rows:
        console.say("no model is installed; compose uses the rules engine")
    console.result({"models": rows})
