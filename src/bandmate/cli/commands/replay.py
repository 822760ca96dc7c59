"""Make a take again from its take.json and compare every file byte for byte."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which take, and where the new one goes."""
    parser.add_argument("take", help="take.json, or the folder that holds it")
    parser.add_argument("--out", help="folder (default: a neighbour of the take's folder)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Replay; exit code 0 only if all files are the same bytes."""
    from bandmate.workflows.replay import replay

    result = replay(arguments.take, out=arguments.out, listener=console.listen)
    console.say(result.sentence)
    for name in result.different:
        console.say(f"  differs: {name}")
    for line in result.version_changes:
        console.say(f"  changed since: {line}")
    console.result(result.to_json())
    return 0 if result.same else 2
