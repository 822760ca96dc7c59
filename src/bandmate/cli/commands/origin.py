"""Which runs of notes a take or a file shares with what models learned from, per track and per bar."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked about, and whose catalog is searched."""
    parser.add_argument("file", help="a take.json, the folder that holds it, or a MIDI file")
    parser.add_argument("--model", help="search this model's catalog (default: the take's; for a file, all)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Search, then show it."""
    from bandmate.workflows.origin import origin

    found = origin(arguments.file, model=arguments.model)
    for line in found.lines():
        console.say(line)
    console.result(found.to_json())
