"""Put chords, or a second voice, to a melody; the melody stays as it is.

bandmate harmonise melody.mid --style jazz --add chords,bass
bandmate harmonise melody.mid --voice
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edits import add_cell_arguments, add_result_arguments, options_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The melody, whose harmony it gets, and what plays it."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--style", help="a genre whose chords and comping are wanted (default: pop)")
    parser.add_argument("--add", metavar="PART,...", help="chords, bass, drums, pad, arp, strings (default: chords)")
    parser.add_argument("--voice", action="store_true", help="a second voice in thirds and sixths instead of chords")
    parser.add_argument("--above", action="store_true", help="the second voice over the melody instead of under it")
    parser.add_argument("--key", help='such as "D minor" (default: the one that is heard)')
    add_cell_arguments(parser)
    add_result_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Harmonise and write."""
    from bandmate.workflows.harmonise import HarmoniseOptions, harmonise

    show(harmonise(arguments.file, HarmoniseOptions(**options_of(arguments))), console, arguments)
