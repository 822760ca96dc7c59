"""The same, otherwise: a share of the notes changes, and what you name is kept.

bandmate vary clip.mid --strength 0.3 --keep rhythm
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser)
    parser.add_argument("--strength", type=float, help="how much changes, above 0 to 1 (default: 0.5)")
    parser.add_argument("--keep", help="rhythm, pitches, contour or chords")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("vary", arguments, console)
