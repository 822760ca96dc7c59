"""A picture of a piece, a library or a training run: piano roll, drum grid, likeness of bars, tokens, overview, curves.

bandmate show song.mid
bandmate show song.mid --as similarity --out form.svg
bandmate show my-midi --as library --out library.png

Without --out the picture is drawn in letters in the terminal.
"""

from __future__ import annotations

import argparse
import shutil
import sys

from bandmate.cli.console import Console

_WIDEST = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is drawn, how, and where to."""
    parser.add_argument("file", help="a file of music, a take's folder, a folder of music, a model's folder, a run")
    parser.add_argument(
        "--as", dest="form", metavar="KIND",
        help="roll, score, drums, tokens, similarity, library or training (default: by what the file or folder is)",
    )  # fmt: skip
    parser.add_argument("--out", metavar="PICTURE", help="PNG or SVG to write; of a score PDF too")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--terminal", action="store_true", help="also draw it in the terminal")
    parser.add_argument("--bars", metavar="A-B", help="bars of a piece, such as 5-12")
    parser.add_argument("--tracks", help="names, roles or numbers, separated by commas")
    parser.add_argument("--width", type=int, help="letters a line in the terminal (default: as wide as it is)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Draw it."""
    from bandmate.workflows.show import show

    width = _terminal_width() if arguments.width is None else arguments.width
    shown = show(arguments.file, arguments.form, out=arguments.out, terminal=arguments.terminal, bars=arguments.bars,
                 tracks=arguments.tracks, width=width, overwrite=arguments.overwrite)  # fmt: skip
    if shown.text:
        console.say(shown.text.rstrip("\n"))
    if shown.file:
        console.say(f"drew {shown.file}")
    for sentence in shown.cut:
        console.note(f"note: {sentence}")
    console.result(shown.to_json())


def _terminal_width() -> int:
    return min(_WIDEST, max(40, shutil.get_terminal_size().columns)) if sys.stdout.isatty() else 100
