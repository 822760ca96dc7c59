"""`--to` and its kin: the flags with which every command that makes music also writes projects of sequencers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bandmate.cli.console import Console

PROJECT_OPTIONS = ("to", "template", "split_drums", "drum_map")


def add_project_arguments(parser: argparse.ArgumentParser, also: str = "") -> None:
    """Which projects of sequencers, and how they are laid out.

    Args:
        parser: of the command.
        also: what else `--to` may name, said before the projects in its help.
    """
    group = parser.add_argument_group("projects of sequencers")
    group.add_argument(
        "--to", action="append", metavar="NAME", help=f"{also}ableton, dawproject, reaper, bundle; also a,b"
    )
    group.add_argument("--template", metavar="SET.als", help="put the clips into the tracks of a Live set of yours")
    group.add_argument("--split-drums", action="store_true", default=None,
                       help="kick, snare, hats, toms, percussion apart")  # fmt: skip
    group.add_argument("--drum-map", metavar="NAME", help="c1, c1-16, mpc, battery, or a YAML or TOML file")


def check_spare(arguments: argparse.Namespace) -> None:
    """Say so where projects are laid out and none is asked for.

    Raises:
        BriefError: the layout of a project without a project; the message says how to ask for one.
    """
    options = _given(arguments)
    spare = [name for name in ("split_drums", "drum_map") if name in options]
    if spare and "to" not in options:
        from bandmate.errors import BriefError

        raise BriefError(f"--{spare[0].replace('_', '-')} lays out the projects of sequencers, and none is asked for; "
                         "add one, such as --to ableton, or leave it out")  # fmt: skip


def check_projects(arguments: argparse.Namespace) -> None:
    """Find out, before anything is made, whether the projects that are asked for can be written.

    Raises:
        BriefError: a project or a drum map is not known. FileFormatError: the template cannot be read.
    """
    options = _given(arguments)
    check_spare(arguments)
    if options:
        from bandmate.workflows.export import check_options, parse_targets

        check_options(parse_targets(options.get("to", ())), options.get("template"), options.get("drum_map"))


def write_projects(music: Iterable[Path], arguments: argparse.Namespace, console: Console) -> list[Path]:
    """Write the projects that are asked for beside files of music that were just made, and say so."""
    options = _given(arguments)
    made: list[Path] = []
    if options.get("to"):
        from bandmate.workflows.export import export

        for source in music:
            result = export(source, listener=console.listen, **options)
            made += result.files
            for path in result.files:
                console.say(f"wrote {path}")
            for sentence in result.notices:
                console.note(f"note: {sentence}")
    return made


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    found = {name: getattr(arguments, name, None) for name in PROJECT_OPTIONS}
    return {name: value for name, value in found.items() if value}
