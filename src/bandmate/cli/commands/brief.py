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
    from bandmate.generation.words import describe
    from bandmate.workflows.brief import BriefReport
    from bandmate.workflows.compose import brief

    found = brief(" ".join(arguments.text), **options_of(arguments))
    report = BriefReport(found, describe(found))
    console.say(report.heard)
    console.say(report.to_text())
    console.result(report.to_json())
