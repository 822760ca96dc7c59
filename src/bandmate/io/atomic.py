"""Files that are there whole or not at all.

Everything Bandmate writes goes to a temporary name in the same folder and is moved into place, so that a full disk or
an interruption never leaves half a file and never loses the file that was there before.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bandmate.errors import OutputError


def cannot_write(path: Path, error: OSError) -> OutputError:
    """The sentence for a place that cannot be written: which, why, and the cure."""
    there = next((place for place in (path, *path.parents) if place.exists()), path)
    if isinstance(error, NotADirectoryError | FileExistsError) and there.is_file():
        reason, cure = f"{there} is a file, not a folder", "choose another place"
    elif isinstance(error, FileNotFoundError | NotADirectoryError | FileExistsError):
        reason, cure = "its folder cannot be made", "check the path"
    elif isinstance(error, IsADirectoryError):
        reason, cure = "a folder of that name is in the way", "choose another name"
    elif isinstance(error, PermissionError):
        reason, cure = "it is read-only or open in another program", "close it or choose another place"
    else:
        reason, cure = error.strerror or str(error), "free some space or choose another place"
    return OutputError(f"{path} cannot be written: {reason}; {cure}, what was there before is untouched")


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what was written there takes its place when the block ends well.

    The temporary name keeps the suffix, since some writers choose their format by it. Missing folders are made. If
    the block raises, the temporary file goes and `path` stays as it was.

    Args:
        path: where the file shall be.

    Yields:
        The path to write to.

    Raises:
        OutputError: the place cannot be written; the message names it, why, and the cure.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(path)
        yield temporary
        # subtle: Path.replace moves over an existing file on every system, Path.rename does not on Windows
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: str | Path, data: bytes | bytearray | memoryview) -> Path:
    """Write bytes to a file, whole or not at all.

    Returns:
        The path as written.

    Raises:
        OutputError: the place cannot be written.
    """
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Path(path)


def write_text_atomic(path: str | Path, text: str) -> Path:
    """Write text as UTF-8 with plain line feeds, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    return write_bytes_atomic(path, text.encode("utf-8"))
