"""Play along with the set that is open in Ableton Live (with AbletonOSC): list it, read what plays into a MIDI file,
accompany, regenerate, vary, fill, continue or respond to it, put a `file` into it, fire a scene, set the tempo, and
list what was written. New clips go to free slots.
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.commands import live_set as command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the command, and the file of put by a name of its own."""
    command.add_arguments(parser)
    parser.add_argument("--file", help="of put: the file of music")
    said = {"text": "what is wanted, in words; of tempo: the number", "bars": "such as 3-4; of continue: how many",
            "out": "of an edit: a new folder for the take; of read: the MIDI file"}  # fmt: skip
    for action in parser._actions:
        action.help = said.get(action.dest, action.help)


def run(arguments: argparse.Namespace, console: Any) -> None:
    """As the command.

    Raises:
        BriefError: a file where none belongs, or none where one does; else as the command.
    """
    from bandmate.errors import BriefError

    given = vars(arguments)
    file = given.pop("file")
    if arguments.action == "put":
        if not file or arguments.text:
            raise BriefError("put needs 'file', a file of music, and no text")
        arguments.text = [file]
    elif file:
        raise BriefError(f"{arguments.action} takes no file; only put does")
    command.run(arguments, console)
