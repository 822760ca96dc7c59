"""One at a time: a lock on a file that the system takes back when the process ends, however it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bandmate.errors import OutputError
from bandmate.io.atomic import cannot_write

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_one(path: str | Path, doing: str) -> Iterator[None]:
    """Hold a lock while the block runs; the file stays, empty, and means nothing without its lock.

    Args:
        path: the file to lock; made with its folders if it is not there.
        doing: what is done under it, for the message.

    Raises:
        OutputError: another process holds it, or the file cannot be made.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    with file:
        try:
            _take(file)
        except OSError as error:
            raise OutputError(
                f"another run is {doing} in {path.parent} already; wait for it, or give another folder"
            ) from error
        yield
