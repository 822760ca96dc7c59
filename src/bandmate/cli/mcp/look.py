"""The piano roll of a take or a file of music, as a picture: what plays when, how full, and how it ends."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bandmate.counts import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is looked at."""
    parser.add_argument("file", help="a MIDI file, a Live set ..., a take.json, or the folder that holds one")


def run(arguments: argparse.Namespace, console: Any) -> None:
    """Draw it."""
    from bandmate.io.files import read
    from bandmate.pictures.roll import roll_png
    from bandmate.workflows.take import FILE_NAME, read_take

    path = Path(arguments.file)
    score = read_take(path).score if path.is_dir() or path.name.endswith(FILE_NAME) else read(path)
    console.picture(roll_png(score))
    console.say(f"{path.name}: {counted(len(score.tracks), 'track')}, {counted(score.note_count, 'note')}")
