"""The piano roll in letters, for a terminal: one strip a track, dots for notes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.limits import Limit
from bandmate.pictures.names import drum_place
from bandmate.pictures.style import label_every, role_of
from bandmate.score.model import Score, Track
from bandmate.score.timeline import bar_grid

WIDTH = Limit("roll width", 40, 1000, "letters")
NAME = 16  # letters of a track's name
# bit of each dot of a braille letter, (row, column)
_BRAILLE = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])
_ASCII = (" ", "'", ".", ":")


def roll_text(
    score: Score, width: int = 100, *, ascii_only: bool = False, max_tracks: int = 24, first_bar: int = 1
) -> str:
    """A score as lines of text: bar numbers, then a strip a track, high notes on top.

    Args:
        score: what to show; tracks without notes are left out.
        width: letters a line, 40 to 1000.
        ascii_only: for terminals without braille signs; half as fine.
        max_tracks: the rest is counted in a last line.
        first_bar: the number that the first bar carries.

    Raises:
        BriefError: the width is out of range.
    """
    WIDTH.check(width)
    if max_tracks < 1:
        raise BriefError(f"{max_tracks} tracks cannot be shown; give 1 or more")
    bars = bar_grid(score)
    sounding = [track for track in score.tracks if len(track.notes)]
    room = width - NAME - 1
    if len(bars) * 2 <= room:
        room -= room % len(bars)  # so that bars of one length take the same letters
    lines = [_ruler(bars, room, first_bar)]
    for track in sounding[:max_tracks]:
        strip = _strip(track, bars, room, ascii_only)
        name = "".join(sign if sign.isprintable() else " " for sign in track.name or role_of(track))
        lines += [f"{name[: NAME - 1] if i == 0 else '':<{NAME}}{row}".rstrip() for i, row in enumerate(strip)]
    if len(sounding) > max_tracks:
        lines.append(f"and {counted(len(sounding) - max_tracks, 'track')} more")
    return "\n".join(lines) + "\n"


def _ruler(bars: NDArray[Any], room: int, first_bar: int) -> str:
    total = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    signs = [" "] * room
    for index in range(0, len(bars), label_every(room / len(bars), 5)):
        at = int(bars["start_ticks"][index]) * room // total
        for offset, sign in enumerate(str(first_bar + index)):
            if at + offset < room:
                signs[at + offset] = sign
    return (" " * NAME + "".join(signs)).rstrip()


def _strip(track: Track, bars: NDArray[Any], room: int, ascii_only: bool) -> list[str]:
    """The dots of one track, as rows of letters."""
    high, wide = (2, 1) if ascii_only else (4, 2)
    pitches = np.unique(track.notes["pitch"])
    if track.is_drum:
        order = sorted(pitches.tolist(), key=drum_place)
        level = np.zeros(128, np.int64)
        level[order] = np.arange(len(order))
        span = len(order)
    else:
        level = np.arange(128) - int(pitches[0])
        span = int(pitches[-1]) - int(pitches[0]) + 1
    rows = int(np.clip(-(-span // high), 1, 4 if not ascii_only else 6))
    dots = np.zeros((rows * high, room * wide), bool)
    total = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    notes = track.notes
    row = rows * high - 1 - level[notes["pitch"]] * rows * high // max(span, rows * high)
    first = np.minimum(notes["onset_ticks"] * room * wide // total, room * wide - 1)
    last = (notes["onset_ticks"] + notes["duration_ticks"]) * room * wide // total - 1
    last = first if track.is_drum else np.clip(last, first, room * wide - 1)
    for r, a, b in zip(row.tolist(), first.tolist(), last.tolist(), strict=True):
        dots[r, a : b + 1] = True
    cells = dots.reshape(rows, high, room, wide).transpose(0, 2, 1, 3)
    if ascii_only:
        codes = (cells[..., 0] * np.array([1, 2])).sum(axis=2)
        return ["".join(_ASCII[code] for code in line) for line in codes.tolist()]
    codes = (cells * _BRAILLE).sum(axis=(2, 3))
    return ["".join(chr(0x2800 + code) if code else " " for code in line) for line in codes.tolist()]
