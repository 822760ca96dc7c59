"""Lay a sketch of a few bars out as a song: who plays where, fills, build-ups, turns and an ending; its chords stay.

bandmate arrange sketch.mid --form "intro 4, verse 8, chorus 8, bridge 8, outro 4"
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import add_cell_arguments, add_result_arguments, options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The sketch and the form."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--form", help='sections and their bars, such as "intro 4, verse 8, chorus 8, outro 4"')
    parser.add_argument("--style", help="a genre whose fills the drums play (default: pop)")
    add_cell_arguments(parser)
    add_result_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Arrange and write."""
    from bandmate.workflows.arrange import ArrangeOptions, arrange

    show(arrange(arguments.file, ArrangeOptions(**options_of(arguments))), console, arguments)
