"""Play a clip with the feel of another clip, of a style, or as the model would: velocities and timing, nothing else.

bandmate groove clip.mid
bandmate groove clip.mid --style funk --strength 0.7
bandmate groove clip.mid --like reference.mid --tracks drums
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import add_cell_arguments, add_result_arguments, options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clip, whose feel it takes, and how much of it."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--like", metavar="FILE", help="a clip whose feel is taken")
    parser.add_argument("--style", help="rock, pop, funk, soul, hiphop, jazz, latin, afrobeat, reggae, or a genre")
    parser.add_argument("--by", choices=("model", "tables"), help="who plays: the model, or what was measured on "
                        "drummers of the style (if not given: tables with --style, else the model)")  # fmt: skip
    parser.add_argument("--model", metavar="NAME", help="a model that you made; the shipped one if not given")
    parser.add_argument("--strength", type=float, help="0 (as it is) to 1 (wholly so), 0.7 if not given")
    add_cell_arguments(parser)
    add_result_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Play it so and write it."""
    from bandmate.workflows.groove import GrooveOptions, groove

    options = GrooveOptions(**options_of(arguments))
    show(groove(arguments.file, options, listener=console.listen), console, arguments)
