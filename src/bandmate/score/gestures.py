"""Gestures: the controllers that belong to notes (pedals, expression, modulation, bends, pressure), replaced in cells.

Volume, pan, banks and the like belong to the mix and stay. What holds outside the asked bars holds on: where they end,
every gesture is again where it was in the file, but for a pedal that nothing would ever let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.score.model import EVENT, MADE, Score, Track
from bandmate.score.selection import Selection, track_words

CONTROL = 0xB0
MODULATION, BREATH, EXPRESSION, PEDAL, SOSTENUTO, SOFT = 1, 2, 11, 64, 66, 67
PEDALS = (PEDAL, SOSTENUTO, SOFT)
_NUMBERS = (MODULATION, BREATH, EXPRESSION, *PEDALS)
_KEY_PRESSURE, _PRESSURE, _BEND = 0xA0, 0xD0, 0xE0
_DOWN, _CHANNEL_MODES = 64, 120
_MIX = (0, 32, 7, 39, 8, 10, 42, 91, 92, 93, 94, 95)  # banks, volume, balance, pan, sends
Lane = tuple[int, int]  # status and, of controllers, the number, else 0
# Where a gesture rests before it was ever used: data1 and data2 of the message.
_RESTS: dict[Lane, tuple[int, int]] = {
    **{(CONTROL, number): (number, 0) for number in _NUMBERS}, (CONTROL, EXPRESSION): (EXPRESSION, 127),
    (_BEND, 0): (0, 64), (_PRESSURE, 0): (0, 0),
}  # fmt: skip


def is_gesture(events: NDArray[Any], channel: int) -> NDArray[np.bool_]:
    """Which of a track's events are gestures on a channel; bool (n,)."""
    status = events["status"]
    numbered = (status == CONTROL) & np.isin(events["data1"], _NUMBERS)
    return (numbered | np.isin(status, (_KEY_PRESSURE, _PRESSURE, _BEND))) & (events["channel"] == channel)


def is_played(events: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of a track's events belong to the playing and not to the mix or the sound; bool (n,).

    That is every controller but banks, volume, pan and effect sends, and bends and pressure; parameters of the
    instrument such as the range of bends are among them.
    """
    status, number = events["status"], events["data1"]
    controls = (status == CONTROL) & (number < _CHANNEL_MODES) & ~np.isin(number, _MIX)
    return controls | np.isin(status, (_KEY_PRESSURE, _PRESSURE, _BEND))


def at_rest(events: NDArray[Any], ticks: int, channel: int) -> NDArray[Any]:
    """What takes every gesture that is not at rest before a place back to rest there; EVENT."""
    found = [(lane, _standing(events, lane, channel, ticks)) for lane in _RESTS]
    rows = [(ticks, MADE, lane[0], channel, *_RESTS[lane], -1) for lane, value in found if value != _RESTS[lane]]
    return np.array(rows, EVENT)


def gesture(ticks: int, number: int, value: int) -> tuple[int, ...]:
    """A row of EVENT: a controller; its channel is set where it is put in."""
    return ticks, MADE, CONTROL, 0, number, value, -1


def value_at(track: Track, number: int, ticks: int, channel: int) -> int:
    """Where a controller of a track stands just before a place."""
    return _standing(track.events, (CONTROL, number), channel, ticks)[1]


def with_gestures(score: Score, selection: Selection, rows: Mapping[int, NDArray[Any]]) -> Score:
    """Put new gestures into the selected cells in place of the old ones.

    Args:
        score: any score; it stays as it is.
        selection: the asked cells.
        rows: for each track whose gestures are replaced the new ones, EVENT by ticks; other tracks keep theirs.

    Raises:
        ScoreError: another track plays on the channel of an asked one, and would be changed by its controllers.
    """
    start, end = selection.span(score)
    tracks = list(score.tracks)
    for index in rows:
        _check_channel(score, selection, index, (start, end))
        tracks[index] = _with_rows(tracks[index], start, end, rows[index])
    return replace(score, tracks=tuple(tracks))


def _check_channel(score: Score, selection: Selection, index: int, span: tuple[int, int]) -> None:
    channel = score.tracks[index].channel
    for other, track in enumerate(score.tracks):
        if other in selection.tracks or not len(track.notes):
            continue
        notes = track.notes[track.notes["channel"] == channel]
        if ((notes["onset_ticks"] < span[1]) & (notes["onset_ticks"] + notes["duration_ticks"] > span[0])).any():
            raise ScoreError(
                f"{track_words(score, index)} and {track_words(score, other)} share MIDI channel {channel + 1}, so new "
                "controllers of one would change the other; ask for both, or leave --controllers out"
            )


def _with_rows(track: Track, start: int, end: int, new: NDArray[Any]) -> Track:
    events, channel = track.events, track.channel
    gone = is_gesture(events, channel) & (events["ticks"] >= start) & (events["ticks"] < end)
    made = new.astype(EVENT)
    made["channel"] = channel
    left = events[~gone]
    made = np.concatenate([made, _back(events, np.concatenate([left, made]), channel, end)])
    joined = np.concatenate([left, made])
    return replace(track, events=joined[np.argsort(joined["ticks"], kind="stable")])


def _back(old: NDArray[Any], new: NDArray[Any], channel: int, end: int) -> NDArray[Any]:
    """Gestures that stand otherwise than in the file where the asked bars end, set back on their last tick."""
    rows = []
    for lane in _RESTS:
        was, now = (_standing(events, lane, channel, end) for events in (old, new))
        if lane[1] in PEDALS and was[1] >= _DOWN and not _let_go(old, lane, channel, end):
            was = (lane[1], 0)
        if was != now:
            rows.append((max(0, end - 1), MADE, lane[0], channel, *was, -1))
    return np.array(rows, EVENT)


def _lane(events: NDArray[Any], lane: Lane, channel: int) -> NDArray[Any]:
    mine = events[(events["status"] == lane[0]) & (events["channel"] == channel)]
    return mine[mine["data1"] == lane[1]] if lane[0] == CONTROL else mine


def _standing(events: NDArray[Any], lane: Lane, channel: int, ticks: int) -> tuple[int, int]:
    mine = _lane(events, lane, channel)
    mine = mine[mine["ticks"] < ticks]
    mine = mine[np.argsort(mine["ticks"], kind="stable")]
    return (int(mine["data1"][-1]), int(mine["data2"][-1])) if len(mine) else _RESTS[lane]


def _let_go(events: NDArray[Any], lane: Lane, channel: int, ticks: int) -> bool:
    mine = _lane(events, lane, channel)
    return bool(((mine["ticks"] >= ticks) & (mine["data2"] < _DOWN)).any())
