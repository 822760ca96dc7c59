"""MuseScore files as a tree: plain ones and zipped ones, guarded against bombs and entities."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import Element, as_number, parse_xml
from bandmate.io.zipped_xml import MOST_XML_BYTES, unzipped

OLDEST = 2
_ROOT = re.compile(rb"<museScore[\s>]")


def read_tree(path: str | Path) -> tuple[Element, float]:
    """The score element of a MuseScore file (of its main score, not of its parts), and the version of its format.

    Raises:
        FileFormatError: it is missing, too large, damaged, dangerous, no MuseScore file, or one of MuseScore 1.
    """
    data, name = read_file_bytes(path), str(path)
    if data[:2] == b"PK":
        data = unzipped(data, name, program="MuseScore file", named=(".mscx",), otherwise=(".mscx",))
    elif Path(name).suffix.lower() == ".mscz":
        raise FileFormatError(f"{name} is no archive, as .mscz files are, or is damaged; save it again in MuseScore")
    if len(data) > MOST_XML_BYTES:
        raise FileFormatError(f"{name} holds more than {MOST_XML_BYTES // 2**20} MB of XML; it is not read")
    root = parse_xml(data, name)
    if root.tag != "museScore":
        raise FileFormatError(f"{name} is no MuseScore file but <{root.tag[:40]}>; save it again in MuseScore")
    version = as_number(root.get("version"))
    if version < OLDEST:
        raise FileFormatError(
            f"{name} is of format {version:g}, before MuseScore {OLDEST}; open it in a newer MuseScore and save it"
        )
    score = root.find("Score")
    if score is None:
        raise FileFormatError(f"{name} holds no score; save it again in MuseScore")
    return score, version


def looks_like_musescore(path: Path, head: bytes) -> bool:
    """Whether a file that begins so is a MuseScore file, plain or zipped."""
    if head[:2] != b"PK":
        return _ROOT.search(head) is not None
    try:
        with zipfile.ZipFile(path) as archive:
            return any(member.lower().endswith(".mscx") for member in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
