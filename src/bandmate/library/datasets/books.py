"""Tunebooks tune by tune: a book is taken apart once, not once for each of its thousand tunes."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.abc.read import parse_abc
from bandmate.io.files import format_of, read
from bandmate.io.midi import read_file_bytes
from bandmate.score.model import Score

_TUNE = re.compile(r"^X:\s*(\d+)", re.MULTILINE)
_TITLE = re.compile(r"^T:(.*)", re.MULTILINE)
_AS = {".hrm": ".krn"}  # suffix -> that of the format it is
_BOOKS = 8  # that stay taken apart


def tune_numbers(path: Path) -> tuple[str, ...]:
    """The number of each tune of a book in order, each once; of a number given twice the first tune counts.

    Raises:
        FileFormatError: the file cannot be read.
    """
    return tuple(_tunes(path, path.stat().st_mtime_ns))


def tune_marks(path: Path) -> tuple[str, ...]:
    """What names each tune of a tunebook, such as "#7"; a file of one piece has one mark, ""."""
    if path.suffix.lower() != ".abc":
        return ("",)
    try:
        numbers = tune_numbers(path)
    except (OSError, FileFormatError):
        numbers = ()  # reading it will say why
    return tuple(f"#{number}" for number in numbers) if len(numbers) > 1 else ("",)


def tune_title(path: Path) -> str:
    """The title of `book.abc#7`, "" if it has none."""
    found = _TITLE.search(content_of(path).decode("utf-8"))
    return found[1].strip() if found else ""


def content_of(path: Path) -> bytes:
    """The bytes of a file, or of one tune of a tunebook.

    Raises:
        FileFormatError: the book holds no such tune. OSError: it cannot be read.
    """
    book, number = book_of(path)
    if not number or not book.exists():
        return path.read_bytes()
    return _tune(book, number).encode("utf-8")


def book_of(path: Path) -> tuple[Path, str]:
    """A path such as `book.abc#7` as the book and the number; of any other the path and ""."""
    stem, mark, number = path.name.rpartition("#")
    return (path.with_name(stem), number) if mark and stem and not path.exists() else (path, "")


def read_piece(path: Path) -> Score:
    """The score of a file, or of one tune of a tunebook.

    Raises:
        FileFormatError: it cannot be read.
    """
    book, number = book_of(path)
    known = format_of(path.with_suffix(_AS[path.suffix.lower()])) if path.suffix.lower() in _AS else None
    if known is not None and known.read is not None:
        return known.read(path)
    if not number or not book.exists():
        return read(path)
    return parse_abc(_tune(book, number), str(path))[0]


def _tune(book: Path, number: str) -> str:
    text = _tunes(book, book.stat().st_mtime_ns).get(number)
    if text is None:
        raise FileFormatError(f"{book} holds no tune X:{number}; look at the X: lines in it")
    return text


@lru_cache(maxsize=_BOOKS)
def _tunes(path: Path, mtime_ns: int) -> dict[str, str]:
    """Number -> text of its tune, with what stands before the first for all of them."""
    data = read_file_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # the standard's encoding before 2.1
    marks = [*_TUNE.finditer(text)]
    head = text[: marks[0].start()] if marks else ""
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    tunes: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        tunes.setdefault(mark[1], head + text[mark.start() : end])
    return tunes
