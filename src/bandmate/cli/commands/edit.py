"""Trim, transpose, stretch, quantise, swing and re-time a file, in this order; every other event of it is kept.

bandmate edit song.mid --transpose -2 --quantise 1/16 --swing 58 --trim 1-8 --out new.mid
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.projects import PROJECT_OPTIONS, add_project_arguments, check_projects, write_projects
from bandmate.counts import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, the operations, and where the result goes."""
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    parser.add_argument("--out", help="file to write (default: NAME-edited.mid beside the file)")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--split-channels", action="store_true", help="one track a channel, for type 0 files")
    parser.add_argument("--trim", metavar="FIRST-LAST", help="bars to keep, such as 1-8")
    parser.add_argument("--transpose", type=int, default=0, help="semitones; drums stay")
    parser.add_argument("--stretch", type=float, help="factor on all lengths")
    parser.add_argument("--quantise", "--quantize", metavar="GRID", help="such as 1/16, 1/8, 1/8T")
    parser.add_argument("--strength", type=float, default=100, help="percent of the way to the grid")
    parser.add_argument("--swing", type=float, help="place of the off note in percent, 50 = straight")
    parser.add_argument("--swing-grid", default="1/16", help="the steps that are swung without --quantise")
    parser.add_argument("--tempo", type=float, help="quarter notes a minute")
    parser.add_argument("--resample", type=int, metavar="TICKS", help="ticks a quarter")
    add_project_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit and write."""
    from bandmate.workflows.edit import EditOptions, edit

    check_projects(arguments)
    gone = ("file", "json", "strength", *PROJECT_OPTIONS)
    options = {name: value for name, value in vars(arguments).items() if name not in gone}
    result = edit(arguments.file, EditOptions(**options, strength=arguments.strength / 100))
    for sentence in result.done:
        console.say(sentence)
    console.say(
        f"wrote {result.path}: {counted(len(result.score.tracks), 'track')}, {counted(result.score.note_count, 'note')}"
    )
    projects = write_projects([result.path], arguments, console)
    console.result(
        {
            "file": str(result.path),
            "projects": [str(path) for path in projects],
            "done": list(result.done),
            "tracks": len(result.score.tracks),
            "notes": result.score.note_count,
        }
    )
