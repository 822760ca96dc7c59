"""Make a drum part of a tapped rhythm, or of the onsets of any track.

bandmate drumify taps.mid --style funk
bandmate drumify song.mid --tracks bass --style house
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import add_cell_arguments, add_result_arguments, options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The rhythm, and who drums."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--style", help="a genre whose drummer plays (default: pop)")
    add_cell_arguments(parser)
    add_result_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Drum and write."""
    from bandmate.workflows.drumify import DrumifyOptions, drumify

    show(drumify(arguments.file, DrumifyOptions(**options_of(arguments))), console, arguments)
