"""Say what words and flags mean, without composing."""

from __future__ import annotations

import argparse

from bandmate.cli.commands.compose import add_brief_arguments, options_of
from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Words and the flags of the music."""
    parser.add_argument("text", nargs="*", help='such as "sad trap in F# minor, no melody"')
    add_brief_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Understand, then show it."""
    from bandmate.workflows.compose import brief, brief_lines

    found = brief(" ".join(arguments.text), **options_of(arguments))
    for line in brief_lines(found):
        console.say(line)
    console.result(found.to_json())
