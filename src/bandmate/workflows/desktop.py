"""Desktop: the system's own player and file manager, where there are any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_PLAYERS = (
    ["pw-play"], ["paplay"], ["aplay", "-q"], ["ffplay", "-nodisp", "-autoexit", "-loglevel", "error"],
    ["mpv", "--really-quiet"], ["play", "-q"], ["xdg-open"],
)  # fmt: skip


def play(path: Path) -> str | None:
    """Play a sound file; returns a sentence if this system has no player, else None."""
    return _start(path, [["afplay"]] if sys.platform == "darwin" else list(_PLAYERS), "player")


def open_folder(path: Path) -> str | None:
    """Open a folder in the file manager; returns a sentence if there is none, else None."""
    return _start(path, [["open"]] if sys.platform == "darwin" else [["xdg-open"]], "file manager")


def _start(path: Path, programs: list[list[str]], kind: str) -> str | None:
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606  the system's own choice for a file of ours
        return None
    for program in programs:
        if shutil.which(program[0]):
            failed = subprocess.run([*program, str(path)], stderr=subprocess.DEVNULL, check=False).returncode
            if not failed:
                return None
    return f"no {kind} was found on this system; the file is {path}"
