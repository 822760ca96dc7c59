"""A file or a take as a project of a sequencer: Ableton Live, DAWproject, REAPER, or all of it in one zip.

bandmate export song.mid --to reaper --out projects        (without --to: ableton)
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.commands.compose import options_of
from bandmate.cli.console import Console
from bandmate.cli.projects import add_project_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The source, where its projects go, and what they hold."""
    parser.add_argument("file", help="a file of music, the folder of a take, or its take.json; it stays as it is")
    parser.add_argument("--out", help="folder that gets the projects (default: beside the source)")
    add_project_arguments(parser)
    parser.add_argument(
        "--envelopes", action="store_true", help="Ableton: pedal, wheels and pressure as envelopes of the clips"
    )
    stems = parser.add_argument_group("the stems (those of a take, else rendered)")
    stems.add_argument("--stems", metavar="DIR", help="a folder of stems that are there already")
    stems.add_argument(
        "--link", action="store_true", help="hard links to the stems: no copies, no space; folders, not zips"
    )
    stems.add_argument("--no-stems", action="store_true", help="notes alone")
    stems.add_argument("--genre", metavar="NAME", help="rendered with the sound of a genre")
    stems.add_argument("--soundfont", help="another SoundFont (.sf2, .sf3)")
    stems.add_argument("--drum-kit", metavar="DIR", help="folder of one-shots, told apart by file name")
    stems.add_argument("--sample-rate", type=int, help="44100 or 48000")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Export, then say where it lies and what did not fit."""
    from bandmate.workflows.export import export

    options: dict[str, Any] = options_of(arguments)
    source = options.pop("file")
    options["stems"] = False if arguments.no_stems else arguments.stems
    result = export(source, listener=console.listen, **options)
    for path in result.files:
        console.say(f"wrote {path}")
    for sentence in result.notices:
        console.note(f"note: {sentence}")
    console.result(result.to_json())
