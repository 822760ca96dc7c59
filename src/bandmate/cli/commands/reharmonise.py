"""Put other chords under the same melody; every part that carries harmony is rewritten to fit them.

bandmate reharmonise song.mid --style jazz --strength 0.7
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import add_cell_arguments, add_result_arguments, options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The song, whose taste decides, and how much is changed."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--style", help="a genre whose taste and spelling is wanted (default: jazz)")
    parser.add_argument("--strength", type=float, help="0 (the same chords, respelt) to 1 (all that can be changed)")
    parser.add_argument("--melody", metavar="NAME", help="the track that stays (default: the one that is heard)")
    parser.add_argument("--key", help='such as "D minor" (default: the one that is heard)')
    add_cell_arguments(parser)
    add_result_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Reharmonise and write."""
    from bandmate.workflows.harmonise import ReharmoniseOptions, reharmonise

    show(reharmonise(arguments.file, ReharmoniseOptions(**options_of(arguments))), console, arguments)
