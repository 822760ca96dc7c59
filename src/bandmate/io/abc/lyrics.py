"""Words under the notes: a `w:` line laid out over the music that it follows."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from fractions import Fraction

from bandmate.io.abc.voice import Voice

_PIECE = re.compile(r"[^\s\-_*|]+|[-_*|]|\s+")
_HYPHEN = "\0"


def put_lyrics(voice: Voice, text: str) -> None:
    """Give the notes since the last line of music the syllables of a line, as the next verse.

    A hyphen joins syllables, `_` holds one over another note, `*` leaves a note out, `~` is a space within a syllable,
    `|` goes on in the next bar.
    """
    notes = [s for s in voice.sounds[voice.line_start :] if s.tones and not s.grace and s.layer == 0]
    starts = [note.onset for note in notes]
    bar = _bar_of(voice, voice.sounds[voice.line_start].onset) if len(voice.sounds) > voice.line_start else 0
    at, last, gap = 0, None, True
    for piece in _PIECE.findall(text.replace("\\-", _HYPHEN)):
        if piece.isspace():
            gap = True
            continue
        if piece == "|":
            if 0 < at <= len(notes):
                bar = max(bar, _bar_of(voice, starts[at - 1]))
            at = bisect_left(starts, voice.bars[bar]) if bar < len(voice.bars) else len(notes)
            bar += 1
        elif piece == "*":
            at, last = at + 1, None
        elif piece == "_":
            if last is not None:
                last[4] = True
            at += 1
        elif piece == "-":
            if last is not None:
                last[2] = True
            at += gap  # one that stands alone takes a note
        elif at < len(notes):
            said = piece.replace(_HYPHEN, "-").replace("~", " ")
            follows = last is not None and bool(last[2])
            last = [voice.verse, said, False, follows, False]
            notes[at].lyrics.append(last)
            at += 1
        gap = False


def _bar_of(voice: Voice, onset: Fraction) -> int:
    return bisect_right(voice.bars, onset)
