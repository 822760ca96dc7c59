"""An answer as long as the piece, or the bars of it that are named; with --memory it remembers what was played before.

bandmate respond a.mid --contrast --out answer
bandmate respond a.mid --bars 1-4
bandmate respond b.mid --memory answer/exchange.mid
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser)
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--complement", dest="mode", action="store_const", const="complement", help="in its manner (usual)"
    )
    ways.add_argument(
        "--contrast", dest="mode", action="store_const", const="contrast", help="sparse to busy, low to high"
    )
    parser.add_argument("--memory", help="exchange.mid of the answer before")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("respond", arguments, console)
