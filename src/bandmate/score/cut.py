"""Pieces of a score and scores of pieces: trim, split by bars, merge, split by channel.

What is in force where a cut begins (tempo, meter, key, program, controllers with the pedal, bend, SysEx set-up) stands
at the start of the piece that comes out; a pedal that is down where it ends is let go there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import spanned
from bandmate.errors import ScoreError
from bandmate.score.gm import DRUM_CHANNEL, program_name
from bandmate.score.model import (
    EVENT,
    MADE,
    Marker,
    MidiHeader,
    Score,
    Track,
    make_meters,
    make_tempos,
)
from bandmate.score.timeline import bar_grid
from bandmate.score.warp import MOST_TICKS_PER_QUARTER, resample, shift

_PROGRAM, _CONTROL, _PRESSURE, _BEND = 0xC0, 0xB0, 0xD0, 0xE0
_SYSEX, _ESCAPE, _META = 0xF0, 0xF7, 0xFF
_NAME, _END_OF_TRACK = 0x03, 0x2F
_STANDING_METAS = (0x00, 0x02, 0x03, 0x04, 0x08, 0x09, 0x20, 0x21, 0x54, 0x7F)  # names, ports: true for the whole track
_PEDALS = (64, 66, 69)
_CHANNEL_MODES = 120  # from this controller number on: commands, not states


def trim(score: Score, first_bar: int, last_bar: int) -> Score:
    """Bars out of a score, as a score of its own.

    Notes that begin inside stay, cut at the end; notes from before are not heard.

    Args:
        score: any score.
        first_bar: the first bar to keep, counted from 1.
        last_bar: the last bar to keep.

    Raises:
        ScoreError: the score has no such bars; the message names how many it has.
    """
    bars = bar_grid(score)
    if not 1 <= first_bar <= last_bar <= len(bars):
        raise ScoreError(
            f"{spanned(first_bar, last_bar)} {'is' if first_bar == last_bar else 'are'} not in the piece; "
            f"give two numbers from 1 to {len(bars)}, the first first"
        )
    end = bars[last_bar - 1]
    return window(score, int(bars["start_ticks"][first_bar - 1]), int(end["start_ticks"] + end["length_ticks"]))


def split_by_bars(score: Score, bars_each: int) -> tuple[Score, ...]:
    """A score cut into consecutive pieces of so many bars; the last may be shorter.

    Raises:
        ScoreError: bars_each is below 1.
    """
    if bars_each < 1:
        raise ScoreError(f"pieces of {bars_each} bars cannot be cut; give 1 or more")
    bars = bar_grid(score)
    starts = [*bars["start_ticks"][::bars_each].tolist(), int(bars["start_ticks"][-1] + bars["length_ticks"][-1])]
    return tuple(window(score, start, end) for start, end in pairwise(starts))


def window(score: Score, start: int, end: int) -> Score:
    """The stretch [start, end) of a score in ticks, moved to 0, exactly `end - start` long."""
    return replace(
        score,
        tracks=tuple(_track_window(track, start, end) for track in score.tracks),
        tempos=_map_window(score.tempos, start, end),
        meters=_map_window(score.meters, start, end),
        keys=_map_window(score.keys, start, end),
        markers=tuple(Marker(m.ticks - start, m.text) for m in score.markers if start <= m.ticks < end),
        end_ticks=end - start,
        notation=None,
    )


def _map_window(rows: NDArray[Any], start: int, end: int) -> NDArray[Any]:
    inside = rows[(rows["ticks"] >= start) & (rows["ticks"] < end)].copy()
    inside["ticks"] -= start
    before = rows[rows["ticks"] < start][-1:].copy()
    if not len(before) or (len(inside) and inside["ticks"][0] == 0):
        return inside
    before["ticks"], before["order"] = 0, MADE
    return np.concatenate([before, inside])


def _track_window(track: Track, start: int, end: int) -> Track:
    onset = track.notes["onset_ticks"]
    notes = track.notes[(onset >= start) & (onset < end)].copy()
    cut = notes["onset_ticks"] + notes["duration_ticks"] > end
    notes["duration_ticks"][cut] = end - notes["onset_ticks"][cut]
    notes["off_order"][cut] = MADE
    notes["onset_ticks"] -= start
    ticks = track.events["ticks"]
    standing = _in_force(track.events[ticks < start])
    ends_early = (track.events["status"] == _META) & (
        track.events["data1"] == _END_OF_TRACK
    )  # some files go on after it
    inside = track.events[(ticks >= start) & (ticks < end) & ~ends_early].copy()
    inside["ticks"] -= start
    release = released(np.concatenate([standing, inside]), end - start)
    events = np.concatenate([standing, inside, release])
    return replace(track, notes=notes, events=events, end_ticks=end - start, notation=None)


def _in_force(events: NDArray[Any]) -> NDArray[Any]:
    """Of the events before a place, those that still hold there, in their order, at tick 0."""
    status, number = events["status"].astype(np.int64), events["data1"].astype(np.int64)
    control = (status == _CONTROL) & (number < _CHANNEL_MODES)
    state = control | np.isin(status, (_PROGRAM, _PRESSURE, _BEND))
    key = (status << 16) | (events["channel"].astype(np.int64) << 8) | np.where(control, number, 0)
    last = np.zeros(len(events), bool)
    at = np.flatnonzero(state)
    _, from_behind = np.unique(key[at][::-1], return_index=True)
    last[at[len(at) - 1 - from_behind]] = True
    setup = np.isin(status, (_SYSEX, _ESCAPE)) | ((status == _META) & np.isin(number, _STANDING_METAS))
    held = events[last | setup].copy()
    held["ticks"], held["order"] = 0, MADE
    return held


def released(events: NDArray[Any], end: int) -> NDArray[Any]:
    """A release for every pedal that is down after the events."""
    pedals = events[(events["status"] == _CONTROL) & np.isin(events["data1"], _PEDALS)]
    down: dict[tuple[int, int], int] = {
        (int(e["channel"]), int(e["data1"])): int(e["data2"]) for e in pedals
    }  # the last stays
    rows = [(end, MADE, _CONTROL, channel, pedal, 0, -1) for (channel, pedal), value in down.items() if value >= 64]
    return np.array(rows, EVENT)


def merge(first: Score, second: Score, *, after: bool = False) -> Score:
    """Two scores as one.

    Side by side, the first one's tempo, meter and key rule both, and channels that clash are moved to free ones. One
    after the other, the second begins at the first one's next bar line with its own tempo and meter, and its tracks
    go on in the first one's tracks of the same name and program where there are such.

    Args:
        first: any score.
        second: any score; a resolution that fits both is taken.
        after: whether the second follows the first, instead of sounding with it.
    """
    if first.ticks_per_quarter != second.ticks_per_quarter:
        both = lcm(first.ticks_per_quarter, second.ticks_per_quarter)
        common = both if both <= MOST_TICKS_PER_QUARTER else max(first.ticks_per_quarter, second.ticks_per_quarter)
        first, second = resample(first, common), resample(second, common)
    header = first.header or second.header
    header = None if header is None else MidiHeader(1, first.ticks_per_quarter, len(first.tracks) + len(second.tracks))
    if after:
        return replace(_one_after_the_other(first, second), header=header)
    moved = _off_busy_channels(second.tracks, first.tracks) if header else second.tracks
    return replace(
        first,
        tracks=(*first.tracks, *moved),
        markers=tuple(sorted({*first.markers, *second.markers}, key=lambda m: (m.ticks, m.text))),
        header=header,
        end_ticks=max(first.last_ticks, second.last_ticks) if first.end_ticks or second.end_ticks else 0,
    )


def _channels(track: Track) -> set[int]:
    events = track.events[track.events["status"] < 0xF0]
    return {*np.unique(track.notes["channel"]).tolist(), *np.unique(events["channel"]).tolist()}


def _off_busy_channels(tracks: tuple[Track, ...], busy_tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    busy = set().union(*(_channels(track) for track in busy_tracks))
    wanted = sorted(set().union(*(_channels(track) for track in tracks)) - {DRUM_CHANNEL})
    free = [c for c in range(16) if c != DRUM_CHANNEL and c not in busy and c not in wanted]
    move = np.arange(256, dtype=np.uint8)
    for channel in wanted:
        if channel in busy and free:
            move[channel] = free.pop(0)
    out = []
    for track in tracks:
        notes, events = track.notes.copy(), track.events.copy()
        notes["channel"] = move[notes["channel"]]
        events["channel"] = np.where(events["status"] < 0xF0, move[events["channel"]], events["channel"])
        out.append(replace(track, notes=notes, events=events))
    return tuple(out)


def _one_after_the_other(first: Score, second: Score) -> Score:
    bars = bar_grid(first)
    seam = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    first = window(first, 0, seam)
    later = shift(_with_own_conducting(second), seam)
    tracks = list(first.tracks)
    places = {(t.name, t.program, t.is_drum): i for i, t in reversed(list(enumerate(tracks))) if len(t.notes)}
    for track in later.tracks:
        place = places.pop((track.name, track.program, track.is_drum), None)
        if place is None:
            tracks.append(track)
        else:
            tracks[place] = _joined(tracks[place], track)

    def both(name: str) -> NDArray[Any]:
        rows = getattr(later, name).copy()
        rows["track"], rows["order"] = 0, MADE
        return np.concatenate([getattr(first, name), rows])

    end = seam + second.last_ticks
    return replace(
        first,
        tracks=tuple(replace(track, end_ticks=end) for track in tracks),
        tempos=both("tempos"),
        meters=both("meters"),
        keys=both("keys"),
        markers=(*first.markers, *later.markers),
        end_ticks=end,
    )


def _with_own_conducting(score: Score) -> Score:
    """State what a score leaves to the defaults, since something else may be in force before it."""
    tempos, meters = score.tempos, score.meters
    if not len(tempos) or tempos["ticks"][0] > 0:
        tempos = np.concatenate([make_tempos(120.0), tempos])
    if not len(meters) or meters["ticks"][0] > 0:
        meters = np.concatenate([make_meters(), meters])
    return replace(score, tempos=tempos, meters=meters)


def _joined(first: Track, second: Track) -> Track:
    """One track after another in one; the second's orders go on behind the first's."""
    notes, events = second.notes.copy(), second.events.copy()
    top = 1 + max(int(column.max(initial=-1)) for column in (
        first.notes["on_order"], first.notes["off_order"], first.events["order"]
    ))  # fmt: skip
    for rows, column in ((notes, "on_order"), (notes, "off_order"), (events, "order")):
        rows[column] = np.where(rows[column] >= 0, rows[column] + top, rows[column])
    has_blob = events["blob"] >= 0
    events["blob"][has_blob] += len(first.blobs)
    channel = first.channel
    if _channels(second) <= {second.channel}:
        notes["channel"] = channel
        events["channel"] = np.where(events["status"] < 0xF0, channel, events["channel"])
    named = (events["status"] == _META) & np.isin(events["data1"], (_NAME, _END_OF_TRACK))
    return replace(
        first,
        notes=np.concatenate([first.notes, notes]),
        events=np.concatenate([first.events, events[~named]]),
        blobs=(*first.blobs, *second.blobs),
        end_ticks=second.end_ticks,
    )


def split_channels(score: Score) -> Score:
    """A score whose tracks have one channel each, as a type 0 file should have been.

    A track of several channels becomes one track with what belongs to no channel, and one track a channel, named by
    its instrument. Other tracks stay.
    """
    tracks: list[Track] = []
    new_place: list[int] = []
    for track in score.tracks:
        new_place.append(len(tracks))
        tracks.extend(_by_channel(track) if len(_channels(track)) > 1 else (track,))

    def moved(rows: NDArray[Any]) -> NDArray[Any]:
        rows = rows.copy()
        known = np.clip(rows["track"], 0, max(0, len(new_place) - 1))
        rows["track"] = np.array(new_place or [0], np.int32)[known]
        return rows

    header = score.header
    if header is not None and len(tracks) > 1:
        header = replace(header, type=max(1, header.type), raw_tracks=len(tracks))
    return replace(
        score,
        tracks=tuple(tracks),
        tempos=moved(score.tempos),
        meters=moved(score.meters),
        keys=moved(score.keys),
        header=header,
    )


def _by_channel(track: Track) -> list[Track]:
    system = track.events["status"] >= 0xF0
    out = [replace(track, program=0, is_drum=False, notes=track.notes[:0], events=track.events[system])]
    for channel in sorted(_channels(track)):
        events = track.events[~system & (track.events["channel"] == channel)]
        changes = events[events["status"] == _PROGRAM]
        program, is_drum = int(changes["data1"][0]) if len(changes) else 0, channel == DRUM_CHANNEL
        notes = track.notes[track.notes["channel"] == channel]
        name = "Drums" if is_drum else program_name(program)
        out.append(Track(name, program, is_drum, notes, events, (), "", track.end_ticks, track.end_order))
    return out
