"""New tracks beside those that are there.

bandmate accompany drums.mid --add bass,chords=rhodes
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser)
    parser.add_argument("--add", required=True, help="roles or instruments, such as bass,chords=rhodes")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("accompany", arguments, console)
