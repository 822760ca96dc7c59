"""From an .als file to its XML: guarded against bombs, and with a sentence for everything that is no Live set."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import Element, parse_xml

MOST_XML_BYTES = 192 * 2**20  # the largest real sets unpack to about half of it
_PIECE = 1 << 20
_OLDEST = 10


def unpack(path: str | Path) -> Element:
    """The root element of a set.

    Raises:
        FileFormatError: it is missing, no Live set, damaged, encrypted, too large, or of Live 9 or older.
    """
    data = read_file_bytes(path)
    if not data:
        raise FileFormatError(f"{path}: the file is empty (0 bytes); restore it from a backup")
    if data[:2] != b"\x1f\x8b":
        if not data.lstrip()[:9].startswith((b"<?xml", b"<Ableton")):
            raise FileFormatError(
                f"{path} is no Live set that can be read: it is not packed as Live packs sets, so it is encrypted, "
                "older than Live 8, or another file; save it again in Live"
            )
        xml = data
    else:
        xml = _inflated(data, str(path))
    root = parse_xml(xml, str(path))
    _check_version(root, path)
    return root


def _inflated(data: bytes, name: str) -> bytes:
    engine, out, size = zlib.decompressobj(31), [], 0
    left = data
    try:
        while not engine.eof:
            piece = engine.decompress(left, _PIECE)
            left = engine.unconsumed_tail
            if not piece and not left:
                raise FileFormatError(f"{name} is damaged: it breaks off after {size} bytes; restore it from a backup")
            out.append(piece)
            size += len(piece)
            if size > MOST_XML_BYTES:
                raise FileFormatError(
                    f"{name} unpacks to more than {MOST_XML_BYTES // 2**20} MB, which no set needs; it is not read"
                )
    except zlib.error as error:
        raise FileFormatError(f"{name} is damaged ({error}); restore it from a backup") from None
    return b"".join(out)


def version_of(root: Element) -> int:
    """The version of Live that a set was saved by: 11, 12 ...; 0 if it does not say."""
    found = re.match(r"(\d+)\.", root.get("MinorVersion", ""))
    return int(found[1]) if found else 0


def _check_version(root: Element, path: str | Path) -> None:
    if root.tag != "Ableton" or root.find("LiveSet") is None:
        raise FileFormatError(f"{path} holds no Live set but <{root.tag[:40]}>; give an .als file that Live saved")
    version = version_of(root)
    if version and version < _OLDEST:
        raise FileFormatError(
            f"{path} was saved by Live {version}; open it in Live 11 or 12, save it there, and give that file"
        )
