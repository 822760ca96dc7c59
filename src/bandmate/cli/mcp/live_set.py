"""Play along with the set that is open in Ableton Live (with AbletonOSC): list it, read what plays into a MIDI file,
accompany, regenerate, vary, fill, continue or respond to it, put a `file` into it, fire a scene, set the tempo, list
what was written, and follow: where it plays, at once or for some seconds or bars. New clips go to free slots.
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.commands import live_set as command

_BARS_SEC = 60.0  # until bars that do not come are given up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the command, and the file of put by a name of its own."""
    command.add_arguments(parser)
    parser.add_argument("--file", help="of put: the file of music")
    said = {"text": "what is wanted, in words; of tempo: the number",
            "bars": "such as 3-4; of continue and follow: how many",
            "seconds": "of follow: how long, at most 600 (default: only where it is now; with bars 60)",
            "out": "of an edit: a new folder for the take; of read: the MIDI file"}  # fmt: skip
    for action in parser._actions:
        action.help = said.get(action.dest, action.help)


def run(arguments: argparse.Namespace, console: Any) -> None:
    """As the command; it follows for no longer than was said, since other calls wait.

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
    if arguments.action == "follow" and arguments.seconds is None:
        arguments.seconds = _BARS_SEC if arguments.bars else 0.0
    command.run(arguments, console)
