"""Go back to the take before the last one; no file is touched."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Undo and say which take is the last one now."""
    from bandmate.workflows.history import undo

    take = undo()
    console.say(f"the last take is now {take.folder} ({take.heard})")
    console.result({"folder": str(take.folder), "heard": take.heard})
