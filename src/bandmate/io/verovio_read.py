"""MEI and Humdrum (`**kern`) files: Verovio (extra `[scores]`) makes MEI of both, and that is read as MusicXML is.

file ──verovio_child──> MEI ──mei.to_musicxml──> MusicXML ──musicxml_read──> Score, with how it is written
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from bandmate.errors import FileFormatError, MissingExtra
from bandmate.io.mei.to_musicxml import musicxml_tree
from bandmate.io.midi import read_file_bytes
from bandmate.io.musicxml_read import score_of_tree
from bandmate.io.safe_xml import parse_xml
from bandmate.io.verovio_child import NOT_INSTALLED
from bandmate.limits import Limit
from bandmate.score.model import Score

TEXT_BYTES = Limit("score text size", 0, 16 * 2**20, "bytes")
SECONDS = 30.0  # that one file may take: a movement of a quartet, of 5,500 notes, takes one and a half
_CHILD = "bandmate.io.verovio_child"


def read_mei(path: str | Path) -> Score:
    """Read an MEI file: what sounds, and how it is written; repeats stay signs.

    Raises:
        FileFormatError: it is missing, too large, no MEI, or damaged; the message names it.
        MissingExtra: Verovio is not installed.
    """
    data = _checked(path)
    if parse_xml(data, str(path)).tag.rpartition("}")[2] not in ("mei", "music"):
        raise FileFormatError(f"{path} is XML but no MEI; give a file whose first element is mei")
    return _read(data, "mei", path)


def read_humdrum(path: str | Path) -> Score:
    """Read a Humdrum file with `**kern` columns: what sounds, and how it is written; repeats stay signs.

    Raises:
        FileFormatError: it is missing, too large, no Humdrum, or damaged; the message names it.
        MissingExtra: Verovio is not installed.
    """
    data = _checked(path)
    if b"**kern" not in data:
        raise FileFormatError(f"{path} has no **kern column; give a Humdrum file with notes in it")
    return _read(data, "humdrum", path)


def _checked(path: str | Path) -> bytes:
    data = read_file_bytes(path)
    if len(data) > TEXT_BYTES.high:
        raise FileFormatError(f"{path} is larger than {TEXT_BYTES.high:,.0f} bytes; cut it into pieces")
    try:
        return data.decode("utf-8-sig").encode("utf-8")
    except UnicodeDecodeError:  # old collections; every byte is a sign there
        return data.decode("latin-1").encode("utf-8")


def _read(data: bytes, kind: str, path: str | Path) -> Score:
    try:
        done = subprocess.run([sys.executable, "-m", _CHILD, kind], input=data, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise FileFormatError(f"{path} takes Verovio more than {SECONDS:g} seconds; cut it into pieces") from None
    if done.returncode == NOT_INSTALLED:
        raise MissingExtra("scores", "reading MEI and Humdrum")
    if done.returncode:
        raise FileFormatError(f"{path} is damaged: Verovio cannot read it; open it in the program it came from")
    left_out = Counter[str]()
    mei = parse_xml(done.stdout[max(0, done.stdout.find(b"<?xml")) :], str(path))
    score = score_of_tree(musicxml_tree(mei, left_out, str(path)), str(path), left_out)
    if not score.note_count:
        raise FileFormatError(f"{path} holds no notes that Verovio can read; open it in the program it came from")
    return replace(score, title=score.title or Path(path).stem)
