"""A picture of a piece, a folder of music or a training run: roll (what plays when), score, drums, tokens, similarity
of bars, library or training. You see it in the answer; `out` keeps it as a file, too.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from bandmate.cli.commands.show import add_arguments

_MOST_BYTES = 3 * 2**20  # what assistants commonly take as one picture

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace, console: Any) -> None:
    """Draw it, and write it where that was asked.

    Raises:
        UserError: the picture is too large for an answer.
    """
    from bandmate.errors import UserError
    from bandmate.workflows.show import show

    with tempfile.TemporaryDirectory() as folder:
        shown = show(arguments.file, arguments.form, out=Path(folder) / "picture.png", bars=arguments.bars,
                     tracks=arguments.tracks, listener=console.listen)  # fmt: skip
        png = shown.file.read_bytes() if shown.file else b""
    kept = arguments.out and str(show(arguments.file, shown.kind, out=arguments.out, bars=arguments.bars,
                                      tracks=arguments.tracks, listener=console.listen).file)  # fmt: skip
    console.say(f"{Path(arguments.file).name} as {shown.kind}" + (f"; drew {kept}" if kept else ""))
    if len(png) <= _MOST_BYTES:
        console.picture(png)
    elif kept:
        console.note("note: the picture is too large for an answer; look at the file")
    else:
        raise UserError(f"the picture has {len(png):,} bytes, too many for an answer; choose fewer bars or tracks")
    for sentence in shown.cut:
        console.note(f"note: {sentence}")
    console.result({"kind": shown.kind, "file": kept, "cut": list(shown.cut)})
