"""Whether a file is music, where its suffix is one that seldom is: JSON, YAML and arrays, by how they begin."""

from __future__ import annotations

import re
from pathlib import Path

_HEAD_BYTES = 1 << 16
_JSON = re.compile(rb'\s*\{.*"(schema_version|resolution)"\s*:', re.DOTALL)
_YAML = re.compile(rb"^\s*(schema_version|resolution)\s*:", re.MULTILINE)
_ARRAYS = (".roll", ".notes")  # an array says nothing of what it means, but for the names that we give


def is_note_json(path: Path) -> bool:
    """Whether a file is a piece as JSON in MusPy's form."""
    return _JSON.match(_head(path).removeprefix(b"\xef\xbb\xbf")) is not None


def is_note_yaml(path: Path) -> bool:
    """Whether a file is a piece as YAML in MusPy's form."""
    return _YAML.search(_head(path)) is not None


def is_roll_archive(path: Path) -> bool:
    """Whether a file is an archive of piano rolls, ours or pypianoroll's."""
    head = _head(path)
    return head.startswith(b"PK") and b"pianoroll" in head


def is_named_array(path: Path) -> bool:
    """Whether a file is called what arrays of notes are called here: NAME.roll.npy, NAME.notes.npy."""
    return Path(path.stem).suffix.lower() in _ARRAYS


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return b""
