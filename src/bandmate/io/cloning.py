"""A file at a second place: as a clone where the disk can make one, as a link where that is allowed, else as a copy.

A clone shares its bytes until one of the two is changed, so it costs no time and no space and nothing can go wrong by
it (Btrfs, XFS, APFS). A hard link is the same file under two names: what changes one changes both.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

_FICLONE = 0x40049409  # Linux, linux/fs.h: share all bytes of another open file


def place_file(source: Path, target: Path, *, link: bool) -> None:
    """Put a file at another place, where nothing is yet.

    Args:
        source: what is there.
        target: its second place.
        link: whether a hard link will do.

    Raises:
        OSError: the source cannot be read, or the target cannot be written.
    """
    if cloned(source, target):
        return
    if link:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def cloned(source: Path, target: Path) -> bool:
    """Make a clone, and say whether this disk could; nothing is left at the target if it could not."""
    try:
        if sys.platform == "linux":
            return _cloned_on_linux(source, target)
        if sys.platform == "darwin":
            return _cloned_on_mac(source, target)
    except OSError:
        target.unlink(missing_ok=True)
    return False


def _cloned_on_linux(source: Path, target: Path) -> bool:
    import fcntl

    with source.open("rb") as one, target.open("xb") as two:
        fcntl.ioctl(two.fileno(), _FICLONE, one.fileno())
    return True


def _cloned_on_mac(source: Path, target: Path) -> bool:
    import ctypes

    clone = getattr(ctypes.CDLL(None), "clonefile", None)
    return clone is not None and clone(os.fsencode(source), os.fsencode(target), 0) == 0
