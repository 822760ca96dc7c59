"""Any bars of any tracks anew; everything else comes back untouched, event for event.

bandmate regenerate song.mid --tracks bass --bars 5-8 "busier, more syncopated"
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.cli.edit_flags import add_edit_arguments, run_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what is asked, and where the result goes."""
    add_edit_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then show where it lies."""
    run_command("regenerate", arguments, console)
