"""The metrics that papers publish, of a file or of every file of a folder, and how it lies to another.

bandmate metrics song.mid
bandmate metrics my-midi --csv
bandmate metrics takes --against my-midi
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, and how it is shown."""
    parser.add_argument("place", metavar="FILE|DIR", help="a file of music, or a folder of them at any depth")
    parser.add_argument("--against", metavar="FILE|DIR",
                        help="hold a folder against another, or a file's notes against another's")  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="one line a piece, for a spreadsheet")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, then show the table."""
    from bandmate.workflows.metrics import metrics

    if arguments.csv and console.as_json:
        raise UserError("--csv and --json contradict each other; give one of them")
    found = metrics(arguments.place, against=arguments.against, listener=console.listen)
    if arguments.csv:
        console.page(found.to_csv().rstrip("\n"))
        return
    for line in found.lines():
        console.say(line)
    console.result(found.to_json())
