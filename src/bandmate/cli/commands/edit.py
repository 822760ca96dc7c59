"""Trim, transpose, quantise, swing and stretch a file, in this order; every other event of the file is kept.

bandmate edit song.mid --transpose -2 --quantise 1/16 --swing 58 --trim 1-8 --out new.mid
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, the operations, and where the result goes."""
    parser.add_argument("file", help="a MIDI file")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--trim", metavar="FIRST-LAST", help="bars to keep, such as 1-8")
    parser.add_argument("--transpose", type=int, default=0, help="semitones; drums stay")
    parser.add_argument("--quantise", "--quantize", metavar="GRID", help="such as 1/16, 1/8, 1/8t")
    parser.add_argument("--strength", type=float, default=100, help="percent of the way to the grid")
    parser.add_argument("--swing", type=float, help="place of the off note in percent, 50 = straight")
    parser.add_argument("--stretch", type=float, help="factor on all lengths")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit and write."""
    from bandmate.workflows.edit import edit

    options = {name: value for name, value in vars(arguments).items() if name not in ("file", "out", "json")}
    score = edit(arguments.file, arguments.out, **options)
    console.say(f"wrote {arguments.out}: {len(score.tracks)} tracks, {score.note_count} notes")
    console.result({"file": arguments.out, "tracks": len(score.tracks), "notes": score.note_count})
