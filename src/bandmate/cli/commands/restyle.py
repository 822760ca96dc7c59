"""Play a song in another style: melody and harmony stay, rhythm, instruments and texture are written anew.

bandmate restyle song.mid --to bossa_nova
bandmate restyle song.mid --like reference.mid --no-stems
bandmate restyle song.mid --to house --to ableton,reaper
"""

from __future__ import annotations

import argparse

from bandmate.cli.commands.compose import add_engine_arguments, add_sound_arguments, options_of, show
from bandmate.cli.console import Console
from bandmate.cli.projects import add_project_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The song, its new style, and how it is made."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--like", metavar="FILE", help="a song whose genre, tempo, swing and instruments are taken")
    parser.add_argument("--melody", metavar="NAME", help="the track that stays (default: the one that is heard)")
    parser.add_argument("--tempo", type=float, help="quarter notes a minute (default: the song's, as the genre allows)")
    parser.add_argument("--out", help="folder; a numbered neighbour if it holds something (default: your music folder)")
    parser.add_argument("--takes", type=int, default=1, help="how many takes, best first")
    parser.add_argument("--seed", type=int, help="the same seed gives the same take")
    add_engine_arguments(parser)
    add_sound_arguments(parser)
    add_project_arguments(parser, also="a genre such as bossa_nova, house, waltz; and, with or without --like, ")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Restyle, then show where it lies."""
    from bandmate.workflows.restyle import restyle

    options = options_of(arguments)
    show(restyle(options.pop("file"), listener=console.listen, **options), arguments, console)
