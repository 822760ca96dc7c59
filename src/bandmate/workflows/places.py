"""Places: folders and file names of takes, legal on every system, never on top of what is there."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

from bandmate.errors import OutputError
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedTrack
from bandmate.settings import user_folder

_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
_LONGEST_NAME = 48
_MOST_NEIGHBOURS = 9999


def check_free(path: str | Path, *, overwrite: bool = False) -> None:
    """A file that is there stays as it is, unless it was said that it may be written over.

    Raises:
        OutputError: it would be lost.
    """
    if not overwrite and Path(path).is_file():
        raise OutputError(f"{path} is there already and stays as it is; give another name, or --overwrite")


def safe_name(text: str, fallback: str = "take") -> str:
    """Turn words into a file name that is legal on Windows, macOS and Linux; at most 48 characters."""
    words = re.sub(r"[^\w#+-]+", "-", unicodedata.normalize("NFC", text).strip())
    name = words[:_LONGEST_NAME].strip("-_.")
    return f"{name}-" if name.lower() in _RESERVED else name or fallback


def file_stem(number: int, track: PlannedTrack, tempo: float, key: Key) -> str:
    """`02-bass_slap_120_Am`: number, role, instrument, tempo and key of a track's files."""
    words = [word for word in re.split(r"[\s_-]+", track.name.lower()) if word and word != track.role]
    return "_".join([f"{number:02d}-{safe_name('_'.join([track.role, *words]))}", tempo_text(tempo), key.short])


def tempo_text(tempo: float) -> str:
    """`120`, `92.5`: a tempo for names."""
    return f"{tempo:.2f}".rstrip("0").rstrip(".")


def take_folder(out: str | Path | None, text: str, base: str | None = None) -> Path:
    """Make the folder for takes.

    Args:
        out: the folder that was asked for; None = a dated one under `base`.
        text: words that name a dated folder.
        base: folder of dated folders; None = `Bandmate` in the user's music directory.

    Returns:
        A folder that exists and is empty: the one asked for, or a numbered neighbour if it holds something.

    Raises:
        OutputError: it cannot be made; the message names it.
    """
    if out is None:
        parent = Path(base).expanduser() if base else user_folder("music")
        return fresh_folder(parent / f"{date.today().isoformat()}-{safe_name(text)[:32].rstrip('-_')}")
    return fresh_folder(Path(out).expanduser())


def fresh_folder(wanted: Path) -> Path:
    """Make a folder, or a numbered neighbour (`funky-2`) if something is there."""
    wanted = Path.cwd() if str(wanted) in ("", ".") else wanted
    try:
        for number in range(1, _MOST_NEIGHBOURS):
            folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
            if folder.is_dir() and not any(folder.iterdir()):
                return folder
            if not folder.exists() and not folder.is_symlink():
                folder.mkdir(parents=True)
                return folder
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"folder {wanted} cannot be made ({reason}); give another place with --out") from error
    raise OutputError(f"folder {wanted} and {_MOST_NEIGHBOURS} neighbours are taken; give another place with --out")
