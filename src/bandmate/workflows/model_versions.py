"""Earlier versions of a model: what it was before it learned more, so that takes made then can be made again.

They lie in the model's folder under `versions/`, named by the hashes of their weights and of their library's style,
and stay until they are removed. `NAME@HASH` names one, the hash as long as it has to be.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bandmate.errors import OutputError
from bandmate.library.style import FILE_NAME as STYLE_FILE
from bandmate.workflows.take import sha256_of

FOLDER, SIGN = "versions", "@"
_WEIGHTS = "weights.safetensors"
_KEPT = (_WEIGHTS, STYLE_FILE, "runs.npz", "origins.npz", "card.json")
_DIGITS = 12
_NONE = "none"


def versions(folder: Path) -> tuple[Path, ...]:
    """The folders of a model's earlier versions, in order of their names."""
    place = folder / FOLDER
    return tuple(sorted(p for p in place.iterdir() if not p.name.startswith("."))) if place.is_dir() else ()


def find_version(folder: Path, digest: str) -> Path | None:
    """The earlier version of a model whose weights or style have a hash; its first digits will do."""
    start = digest[:_DIGITS]
    found = [place for place in versions(folder) if any(part.startswith(start) for part in place.name.split("-"))]
    return found[0] if start and found else None


def label_of(version: Path) -> str:
    """The hash that names a version: of its weights, or of its style where it has none."""
    weights, style = version.name.split("-")
    return style if weights == _NONE else weights


def keep_version(folder: Path) -> Path | None:
    """Set a model aside as it is, before it learns more; None if there is nothing to keep.

    Raises:
        OutputError: the disk is full or the folder cannot be written.
    """
    if not (folder / STYLE_FILE).is_file() and not (folder / _WEIGHTS).is_file():
        return None
    place = folder / FOLDER / _name_of(folder)
    if place.is_dir():
        return place
    unfinished = place.with_name(f".{place.name}")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for name in _KEPT:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, unfinished / name)
        unfinished.rename(place)
    except OSError as error:
        raise OutputError(f"{place} cannot be written ({error.strerror}); free some space and run it again") from error
    return place


def drop_if_unchanged(folder: Path, kept: Path | None) -> None:
    """Let go of a version that is what the model still is."""
    if kept is not None and kept.name == _name_of(folder):
        shutil.rmtree(kept, ignore_errors=True)


def _name_of(folder: Path) -> str:
    """Hashes of weights and style, as far as they are there."""
    paths = (folder / _WEIGHTS, folder / STYLE_FILE)
    return "-".join(sha256_of(path)[:_DIGITS] if path.is_file() else _NONE for path in paths)
