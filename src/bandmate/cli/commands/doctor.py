"""What is installed, what is missing and the line that adds it."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console

_SIGNS = {"ok": "ok      ", "optional": "optional", "broken": "BROKEN  "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine; exit code 2 if something that is needed is broken."""
    from bandmate.workflows.doctor import examine

    examination = examine()
    for finding in examination.findings:
        cure = f"  ->  {finding.cure}" if finding.cure else ""
        console.say(f"{_SIGNS[finding.state]}  {finding.name}: {finding.detail}{cure}")
    console.result(examination.to_json())
    return 0 if examination.healthy else 2
