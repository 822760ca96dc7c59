"""The file in which an OriginIndex travels: hashes as they are, all else packed small.

A piece repeats itself, and so do its windows: their ids are written as steps beside "one more than the last", which are
nearly all 0. Names stand once each. Nothing in it is a note: a window is known by five bytes of its hash.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import compress, decompress
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ModelError
from bandmate.io.atomic import atomic_write
from bandmate.library.origins import HASH_BYTES, OriginIndex, Piece

FORMAT = 1
_FIELDS = ("name", "file", "work", "source", "licence", "credit")


def save_origins(index: OriginIndex, path: str | Path) -> Path:
    """Write an index.

    Raises:
        OutputError: the place cannot be written.
    """
    strings = sorted({getattr(piece, name) for piece in index.pieces for name in _FIELDS})
    place = {text: number for number, text in enumerate(strings)}
    header = {
        "format": FORMAT, "notes": index.notes, "strings": strings,
        "pieces": [[place[getattr(piece, name)] for name in _FIELDS] for piece in index.pieces],
    }  # fmt: skip
    expected = np.append(0, index.ids[:-1] + 1) if len(index.ids) else index.ids
    packed = {
        "header": np.frombuffer(json.dumps(header, ensure_ascii=False).encode("utf-8"), np.uint8),
        "steps": (index.ids - expected).astype("<i4"),
        "works": index.works,
        "bars": np.diff(index.bars, prepend=np.uint16(0)).astype("<u2"),  # wraps: a sum of uint16 wraps back
        "starts": np.diff(index.starts, prepend=0).astype("<i4"),
        "lines": np.diff(index.lines, axis=0, prepend=0).astype("<i4"),
    }
    arrays = {name: np.frombuffer(compress(_planes(array), 9), np.uint8) for name, array in packed.items()}
    plain = index.hashes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :HASH_BYTES]
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, hashes=plain, **arrays)
    return Path(path)


def load_origins(path: str | Path) -> OriginIndex:
    """Read what `save_origins` wrote.

    Raises:
        ModelError: it is missing, damaged or of another version; the message names the file and the cure.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as data:
            header = json.loads(decompress(data["header"].tobytes()).decode("utf-8"))
            if header["format"] != FORMAT:
                raise ModelError(f"{path} is of another version; install the model again")
            return _index(header, data)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing; install the model again") from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, IndexError, BadZipFile, ZlibError) as error:
        raise ModelError(f"{path} is damaged ({error}); install the model again") from error


def _index(header: dict[str, Any], data: Any) -> OriginIndex:
    strings = header["strings"]
    pieces = [Piece(*(strings[number] for number in row)) for row in header["pieces"]]
    wide = np.zeros((len(data["hashes"]), 8), np.uint8)
    wide[:, :HASH_BYTES] = data["hashes"]
    steps = _array(data["steps"], "<i4").astype(np.int64)
    return OriginIndex(
        hashes=wide.view("<u8").ravel().astype(np.uint64),
        ids=(np.cumsum(steps + 1) - 1).astype(np.int32),
        works=_array(data["works"], "u1"),
        bars=np.cumsum(_array(data["bars"], "<u2"), dtype=np.uint16),
        starts=np.cumsum(_array(data["starts"], "<i4"), dtype=np.int64),
        lines=np.cumsum(_array(data["lines"], "<i4").reshape(-1, 2), axis=0, dtype=np.int32),
        pieces=pieces,
        notes=int(header["notes"]),
    )


def _planes(array: NDArray[Any]) -> bytes:
    """First all lowest bytes, then all second ones and so on: small numbers pack better that way."""
    return np.ascontiguousarray(array.reshape(-1).view(np.uint8).reshape(array.size, array.itemsize).T).tobytes()


def _array(packed: NDArray[np.uint8], kind: str) -> NDArray[Any]:
    width = np.dtype(kind).itemsize
    planes = np.frombuffer(decompress(packed.tobytes()), np.uint8).reshape(width, -1)
    return np.ascontiguousarray(planes.T).view(kind).ravel()
