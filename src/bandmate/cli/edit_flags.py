"""Flags that every edit has, and how its result is said."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bandmate.cli.console import Console
from bandmate.cli.projects import PROJECT_OPTIONS, add_project_arguments, check_projects, write_projects

_NOT_OPTIONS = ("file", "text", "json", *PROJECT_OPTIONS)


def add_edit_arguments(parser: argparse.ArgumentParser, *, words: bool = True, bars: bool = True) -> None:
    """The file, words, and the common flags.

    Args:
        parser: of the command.
        words: whether a prompt is taken.
        bars: whether `--bars 5-8` chooses cells.
    """
    vars(parser)["words_anywhere"] = True  # of cli.main.Parser: the words come last, as one says them
    parser.add_argument("file", help="a MIDI file; it stays as it is")
    if words:
        parser.add_argument("text", nargs="*", help='what is wanted, such as "busier, more syncopated"')
    cells = parser.add_argument_group("where")
    cells.add_argument("--tracks", help="names, roles or numbers, such as bass,3 (see: bandmate inspect FILE)")
    if bars:
        cells.add_argument("--bars", help="such as 5-8, counted from 1")
    how = parser.add_argument_group("how")
    how.add_argument("--key", help='binds every pitched note that is written, such as "D minor"')
    how.add_argument("--lock", action="append", metavar="LOCKS",
                     help='such as "bass: range E1-G2, polyphony 1; drums: kick x...x..."')  # fmt: skip
    how.add_argument("--genre", help="what it is played like, such as funk")
    how.add_argument("--variety", help="low, normal or high")
    how.add_argument("--temperature", type=float, help="how daring, 1 = as learned")
    how.add_argument("--candidates", type=int, help="how many are drawn for each take (default: 8)")
    how.add_argument("--no-copy", type=int, metavar="N",
                     help="no run of more than N notes (8 to 64) of a piece the model learned from")  # fmt: skip
    how.add_argument("--controllers", action="store_true", default=None,
                     help="new pedals, expression and modulation in the asked bars (else they stay)")  # fmt: skip
    how.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    how.add_argument("--model", help="an installed model, such as one that learn made")
    result = parser.add_argument_group("the result")
    result.add_argument("--out", help="a folder, or the name of a MIDI file (default: a folder beside the file)")
    result.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    result.add_argument("--takes", type=int, help="how many takes")
    result.add_argument("--seed", type=int, help="the same seed gives the same take")
    add_project_arguments(parser)


def run_command(name: str, arguments: argparse.Namespace, console: Console) -> None:
    """Edit, then say where it lies and what was not met."""
    from bandmate.workflows.edits import run_edit

    options = {key: value for key, value in vars(arguments).items() if key not in _NOT_OPTIONS and value is not None}
    text = " ".join(getattr(arguments, "text", []))
    check_projects(arguments)
    result = run_edit(name, arguments.file, text, listener=console.listen, **options)
    projects = write_projects([take.midi for take in result.takes], arguments, console)
    show_edit(result, projects, console)


def show_edit(result: Any, projects: Sequence[Path], console: Console) -> None:
    """Say where the takes of an edit lie and what was not met."""
    for take in result.takes:
        console.say(f"{take.midi}: {_said(take.report)}")
    console.result({**result.to_json(), "projects": [str(path) for path in projects]})


def _said(report: dict[str, Any]) -> str:
    missed = [f"{row['demand']} ({row['asked']}; got {row['got']})" for row in report["demands"] if not row["met"]]
    proved = ", the rest is untouched" if any(row["demand"] == "the rest" for row in report["demands"]) else ""
    return f"not met: {', '.join(missed)}" if missed else f"everything asked is met{proved}"
