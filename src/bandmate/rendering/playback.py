"""Hear a file through whatever player the system has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bandmate.errors import UserError

# in the order tried; {} is the file
PLAYERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "darwin": (("afplay", "{}"),),
    "linux": (
        ("pw-play", "{}"),
        ("paplay", "{}"),
        ("aplay", "-q", "{}"),
        ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "{}"),
        ("mpv", "--no-video", "--really-quiet", "{}"),
    ),
}


def play(path: str | Path) -> None:
    """Play a sound file to its end.

    Raises:
        UserError: the file is not there, no player was found, or none could play it; the message names what to do.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError(f"{file} is not there; render it first")
    if sys.platform == "win32":
        _play_on_windows(file)
        return
    candidates = PLAYERS.get(sys.platform, PLAYERS["linux"])
    found = [command for command in candidates if shutil.which(command[0])]
    if not found:
        names = ", ".join(command[0] for command in candidates)
        raise UserError(f"no player was found (looked for {names}); open {file} in any player, or install one of them")
    for command in found:
        filled = [part.replace("{}", str(file)) for part in command]
        if subprocess.run(filled, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
            return
    tried = ", ".join(command[0] for command in found)
    raise UserError(f"{file} could not be played by {tried}; check the sound device, or open the file in any player")


def _play_on_windows(file: Path) -> None:
    import winsound  # only there on Windows

    try:
        winsound.PlaySound(str(file), winsound.SND_FILENAME)  # type: ignore[attr-defined]
    except RuntimeError as problem:
        raise UserError(
            f"{file} could not be played; check the sound device, or open the file in a player"
        ) from problem
