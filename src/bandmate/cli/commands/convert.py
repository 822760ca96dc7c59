"""A file of music in another format; the suffixes say which. What the new format cannot hold is told.

bandmate convert song.musicxml song.mid --repeats
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.counts import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is read, what is written."""
    parser.add_argument("file", help="a file of music: .mid, .musicxml, .mxl, .abc ...; it stays as it is")
    parser.add_argument("out", help="the file to write; its suffix names the format: .mid, .musicxml, .als, .flac ...")
    parser.add_argument(
        "--repeats", action="store_true", help="write out repeats, endings and jumps as they are played"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Convert, then say what was lost."""
    from bandmate.workflows.convert import convert

    result = convert(arguments.file, arguments.out, repeats=arguments.repeats, overwrite=arguments.overwrite)
    console.say(
        f"wrote {result.path} ({result.format}): {counted(result.notes, 'note')} in {counted(result.tracks, 'track')}"
    )
    if result.repeats:
        console.say(f"  wrote out {counted(result.repeats, 'sign')} of repeats and jumps")
    for repair in result.repairs:
        console.note(f"note: the file is damaged: {repair}")
    for told, things in ((f"{result.format} does not hold", result.lost), ("was not read", result.left_out)):
        if things:
            console.note(f"note: {told}: {', '.join(f'{one.count} x {one.what}' for one in things)}")
    console.result(result.to_json())
