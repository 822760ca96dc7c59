"""What the commands that edit a file have in common: their flags, and how they say what came of it."""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.console import Console
from bandmate.cli.projects import PROJECT_OPTIONS, add_project_arguments, check_projects, write_projects
from bandmate.counts import counted

_NOT_OPTIONS = ("file", "json", *PROJECT_OPTIONS)


def add_cell_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cells are asked."""
    parser.add_argument("--tracks", metavar="NAME,...", help="names, roles or numbers of tracks (default: all)")
    parser.add_argument("--bars", metavar="FIRST-LAST", help="bars, such as 5-8 (default: all)")


def add_result_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the result goes, and its seed."""
    parser.add_argument("--seed", type=int, help="the same seed gives the same result")
    parser.add_argument("--out", help="a .mid file, or a folder for the file, its picture and take.json "
                        "(default: NAME-COMMAND.mid beside the file)")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    add_project_arguments(parser)


def options_of(arguments: argparse.Namespace, *leave_out: str) -> dict[str, Any]:
    """Keywords of a workflow's options from the flags that were given."""
    check_projects(arguments)
    gone = (*_NOT_OPTIONS, *leave_out)
    return {name: value for name, value in vars(arguments).items() if name not in gone and value is not None}


def show(result: Any, console: Console, arguments: argparse.Namespace) -> None:
    """Say what was done and where it lies; write the projects that are asked for."""
    for sentence in result.done:
        console.say(sentence)
    console.say(
        f"wrote {result.midi}: {counted(len(result.score.tracks), 'track')}, {counted(result.score.note_count, 'note')}"
    )
    projects = write_projects([result.midi], arguments, console)
    console.result({**result.to_json(), "projects": [str(path) for path in projects]})
