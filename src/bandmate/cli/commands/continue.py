"""Bars behind the last, by the tracks that play at the end.

bandmate continue song.mid --bars 8
"""

# ruff: noqa: N999  the command is called so
from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser, bars=False)
    parser.add_argument("--bars", type=int, help="how many bars (default: 8)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("continue", arguments, console)
