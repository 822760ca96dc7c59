"""Change the last take with a few words: what you do not name stays as it is.

bandmate again "busier bass, keep the drums"
bandmate again "groove it like funk, a fill at bar 8"
bandmate again --lock "bass: polyphony 1, range E1-G2"
"""

from __future__ import annotations

import argparse

from bandmate.cli.commands.compose import add_engine_arguments, add_sound_arguments, options_of, show
from bandmate.cli.console import Console
from bandmate.cli.projects import add_project_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Words, and where the last take is if not the last one."""
    parser.add_argument("text", nargs="*", help='what shall change, such as "busier bass, keep the drums"')
    parser.add_argument("--take", help="folder or take.json to start from (default: the last take)")
    parser.add_argument(
        "--lock", action="append", metavar="LOCKS", help='binds single tracks, such as "bass: range E1-G2, polyphony 1"'
    )
    parser.add_argument("--out", help="folder (default: a numbered neighbour of the take)")
    parser.add_argument("--takes", type=int, default=1, help="how many takes, best first")
    parser.add_argument("--seed", type=int, help="the same seed gives the same change")
    parser.add_argument("--play", action="store_true", help="play the mix when it is done")
    parser.add_argument("--open", action="store_true", help="open the folder when it is done")
    add_engine_arguments(parser)
    add_sound_arguments(parser)
    add_project_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Change, then show where it lies."""
    from bandmate.workflows.again import again

    show(again(" ".join(arguments.text), listener=console.listen, **options_of(arguments)), arguments, console)
