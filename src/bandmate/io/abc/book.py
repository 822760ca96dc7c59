"""Tunebooks: which lines of a file belong to which tune."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from bandmate.errors import FileFormatError

_FIELD = re.compile(r"^(w|[A-Za-z+](?!:[|:])):(.*)$")  # `G:|` is music, `w:|` words from the second bar on
_FOR_ALL = "ABCDFGHILMOQRSUZ"


class Line(NamedTuple):
    """A line of a tune: its number in the file, the letter of its field ("" = music, "%" = instruction), its text."""

    number: int
    letter: str
    text: str


@dataclass(slots=True)
class TuneText:
    """The lines of one tune: its header up to K:, and its body."""

    header: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    stray: int = 0  # lines of music behind its end

    def first(self, letter: str) -> str:
        """What the first such field of the header says, "" if there is none."""
        return next((line.text.strip() for line in self.header if line.letter == letter), "")


def split_book(text: str, name: str) -> list[TuneText]:
    """The tunes of a file in order; a tune ends at an empty line or where the next begins.

    Raises:
        FileFormatError: there is no tune, or one has no key; the message names the line.
    """
    lines = [_line(number, raw) for number, raw in enumerate(text.splitlines(), 1)]
    numbered = any(line.letter == "X" for line in lines)
    for_all: list[Line] = []
    tunes: list[TuneText] = []
    state = "before"
    for line in lines:
        if line.letter == "X" or (not numbered and state == "before" and line.letter in ("T", "M", "L", "K", "V")):
            _check(tunes, name)
            tunes.append(TuneText([*for_all]))
            state = "header"
        if line.letter == "" and not line.text:
            state = "before" if state == "body" else state
        elif state == "header":
            if line.letter:
                tunes[-1].header.append(line)
                state = "body" if line.letter == "K" else "header"
        elif state == "body":
            tunes[-1].body.append(line)
        elif not tunes and (line.letter == "%" or line.letter in _FOR_ALL) and line.letter:
            for_all.append(line)
        elif tunes and not line.letter and "|" in line.text:
            tunes[-1].stray += 1
    if not tunes:
        raise FileFormatError(f"{name} holds no tune of ABC; a tune begins with X:1 and has a key, such as K:G")
    _check(tunes, name)
    return tunes


def _check(tunes: list[TuneText], name: str) -> None:
    if tunes and not tunes[-1].body and not any(line.letter == "K" for line in tunes[-1].header):
        first = tunes[-1].header[-1]
        raise FileFormatError(
            f"{name}, line {first.number}: the tune has no key; end its header with a line such as K:C"
        )


def _line(number: int, raw: str) -> Line:
    if raw.startswith("%%"):
        return Line(number, "%", raw[2:].strip())
    if raw.startswith("I:"):
        return Line(number, "%", raw[2:].strip())
    if raw.startswith("%"):
        return Line(number, "N", raw)
    text = re.sub(r"(?<!\\)%.*$", "", raw).rstrip().replace("\\%", "%")
    match = _FIELD.match(text)
    return Line(number, match[1], match[2]) if match else Line(number, "", text.strip())
