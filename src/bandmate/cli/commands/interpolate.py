"""Write the steps that lead from one clip to another; the first and the last step are the clips themselves.

bandmate interpolate a.mid b.mid --steps 6 --out way
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Both clips, how many steps, and the folder."""
    parser.add_argument("first", help="the clip to start from")
    parser.add_argument("second", help="the clip to arrive at")
    parser.add_argument("--steps", type=int, help="how many, both clips counted (default: 6)")
    parser.add_argument("--out", help="folder for the steps (default: A-to-B beside the first clip)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Write all steps."""
    from bandmate.workflows.interpolate import InterpolateOptions, interpolate

    options = InterpolateOptions(**options_of(arguments, "first", "second"))
    show(interpolate(arguments.first, arguments.second, options), console, arguments)
