"""Play a song in another style: melody and harmony stay, rhythm, instruments and texture are written anew.

bandmate restyle song.mid --to bossa_nova
bandmate restyle song.mid --like reference.mid --no-stems
bandmate restyle song.mid --to house --to ableton,reaper
bandmate restyle song.mid --to house --bars 9-16
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.commands.compose import add_engine_arguments, add_sound_arguments, options_of, show
from bandmate.cli.console import Console
from bandmate.cli.projects import add_project_arguments

# What makes a take of a whole song; an edit of some bars writes notes alone.
_OF_A_SONG = ("like", "tempo", "blend", "top_k", "top_p", "without", "soundfont", "drum_kit", "sounds", "sample_rate",
              "template", "split_drums", "drum_map")  # fmt: skip
_NO_MATTER = ("stems", "key_lock")  # there is no sound, and the key stays


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The song, its new style, and how it is made."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--like", metavar="FILE", help="a song whose genre, tempo, swing and instruments are taken")
    parser.add_argument("--melody", metavar="NAME", help="the track that stays (default: the one that is heard)")
    cells = parser.add_argument_group("some bars only; the rest of the piece stays untouched")
    cells.add_argument("--bars", metavar="FIRST-LAST", help="bars, such as 9-16 (default: the whole song, as a take)")
    cells.add_argument("--tracks", metavar="NAME,...", help="which give way there (default: all but the melody)")
    parser.add_argument("--tempo", type=float, help="quarter notes a minute (default: the song's, as the genre allows)")
    parser.add_argument("--out", help="folder; a numbered neighbour if it holds something (default: your music folder)")
    parser.add_argument("--takes", type=int, default=1, help="how many takes, best first")
    parser.add_argument("--seed", type=int, help="the same seed gives the same take")
    add_engine_arguments(parser)
    add_sound_arguments(parser)
    add_project_arguments(parser, also="a genre such as bossa_nova, house, waltz; and, with or without --like, ")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Restyle, then show where it lies."""
    from bandmate.cli.edit_flags import show_edit
    from bandmate.workflows.edit_takes import EditResult
    from bandmate.workflows.restyle import restyle

    options = options_of(arguments)
    if "bars" in options or "tracks" in options:
        _some_bars(arguments, options, console)
        return
    result = restyle(options.pop("file"), listener=console.listen, **options)
    if isinstance(result, EditResult):
        show_edit(result, [], console)
    else:
        show(result, arguments, console)


def _some_bars(arguments: argparse.Namespace, options: dict[str, Any], console: Console) -> None:
    """Restyle the asked bars as an edit of the file."""
    from bandmate.cli.edit_flags import show_edit
    from bandmate.errors import BriefError
    from bandmate.workflows.edits import run_edit

    style = options.pop("to", [])
    for name in _OF_A_SONG:
        if options.pop(name, None):
            flag = name.replace("_", "-")
            raise BriefError(f"--{flag} goes with a whole song, not with some bars; leave --{flag} or --bars out")
    if len(style) != 1:
        raise BriefError("say which style the bars shall have: give one --to GENRE")
    file = options.pop("file")
    stated = {name: value for name, value in options.items() if name not in _NO_MATTER}
    show_edit(run_edit("restyle", file, listener=console.listen, to=style[0], **stated), [], console)
