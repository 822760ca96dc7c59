"""A drum fill, or a run, at the end of a bar.

bandmate fill song.mid --at 8
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser, bars=False)
    parser.add_argument("--at", type=int, required=True, help="the bar that ends in the fill, from 1")
    parser.add_argument("--beats", type=float, help="how many beats (default: half the bar)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("fill", arguments, console)
