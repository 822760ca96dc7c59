"""A score written out as it is played (`score.play_order`), its notation with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.limits import MIDI_NOTES, SCORE_SIGNS
from bandmate.score.model import MADE, Marker, Score, Track
from bandmate.score.notation import REST, Lyric, ScoreNotation, Slur, TrackNotation, Words
from bandmate.score.play_order import Stretch, play_order

_BEGIN = attrgetter("start_ticks")


def expand_repeats(score: Score) -> Score:
    """The score written out as it is played, its notation with it; the same where nothing is repeated.

    A note that is tied into a stretch from before sounds anew where it is jumped to.

    Raises:
        ScoreError: its signs lead through more stretches or bars, or to more notes, rests and syllables, than a score
            may have.
    """
    way = play_order(score)
    if len(way) == 1 and (score.notation is None or not score.notation.repeats):
        return score
    _check_size(score, way)
    meters = _map(score.meters, way, again=True)
    whole = None if score.notation is None else _whole(score.notation, way, meters)
    return replace(
        score,
        tracks=tuple(_track(track, way) for track in score.tracks),
        tempos=_map(score.tempos, way),
        meters=meters,
        keys=_map(score.keys, way),
        markers=tuple(Marker(*one[:2]) for one in _moved((Words(m.ticks, m.text) for m in score.markers), way)),
        end_ticks=way[-1].at + way[-1].end - way[-1].start,
        header=None,
        notation=whole,
    )


def _check_size(score: Score, way: tuple[Stretch, ...]) -> None:
    notes = sum(_met(track.notes["onset_ticks"], way) for track in score.tracks)
    if notes > MIDI_NOTES.high:
        raise ScoreError(f"written out, the score has {notes:,} notes, more than {MIDI_NOTES.high:,.0f}; cut it first")
    signs = 0
    for track in score.tracks:
        if track.notation is not None:
            sung = np.array([lyric.note for lyric in track.notation.lyrics], np.int64)
            signs += _met(track.notation.rows["onset_ticks"], way) + _met(
                track.notation.notes["onset_ticks"][sung], way
            )
    if signs > SCORE_SIGNS.high:
        raise ScoreError(
            f"written out, the score has {signs:,} notes, rests and syllables, more than {SCORE_SIGNS.high:,.0f}; "
            "cut it first"
        )


def _met(ticks: NDArray[Any], way: tuple[Stretch, ...]) -> int:
    """How many of these places the way leads past, as often as it does."""
    ticks, spans = np.sort(ticks), np.array(way, np.int64)
    return int((np.searchsorted(ticks, spans[:, 1]) - np.searchsorted(ticks, spans[:, 0])).sum())


def _map(rows: NDArray[Any], way: tuple[Stretch, ...], *, again: bool = False) -> NDArray[Any]:
    """A map of tempo, meter or key along the way; `again`: each stretch begins a bar, and says so."""
    out = []
    now = rows[:0]
    for start, end, at in way:
        force = rows[rows["ticks"] <= start][-1:].copy()
        inside = rows[(rows["ticks"] > start) & (rows["ticks"] < end)].copy()
        force["ticks"], inside["ticks"] = at, inside["ticks"] - start + at
        names = [name for name in rows.dtype.names or () if name not in ("ticks", "track", "order")]
        if again or not len(now) or not len(force) or any((now[name] != force[name]).any() for name in names):
            out.append(force)
        out.append(inside)
        now = np.concatenate([now, force, inside])[-1:]
    table = np.concatenate(out) if out else rows
    table["track"], table["order"] = 0, MADE
    return table


def _moved(placed: Iterable[Any], way: tuple[Stretch, ...]) -> list[Any]:
    """Tuples that begin with their place, wherever the way leads past them."""
    rows = sorted(placed, key=itemgetter(0))
    places = [one[0] for one in rows]
    return [
        one._replace(ticks=one.ticks - s.start + s.at)
        for s in way for one in rows[bisect_left(places, s.start) : bisect_left(places, s.end)]
    ]  # fmt: skip


def _in_force(placed: Iterable[Any], way: tuple[Stretch, ...], key: int) -> tuple[Any, ...]:
    """Clefs and the like: those on the way, and at each jump those that hold where it leads to."""
    found, out = sorted(placed), []
    places = [one[0] for one in found]
    chains: dict[Any, list[Any]] = {}
    for one in found:
        chains.setdefault(one[key] if key else 0, []).append(one)
    now: dict[Any, Any] = {}
    for stretch in way:
        last = {which: bisect_right(chain, stretch.start, key=itemgetter(0)) for which, chain in chains.items()}
        here = {which: chains[which][n - 1]._replace(ticks=stretch.at) for which, n in last.items() if n}
        out += [one for which, one in here.items() if which not in now or now[which][1:] != one[1:]]
        inside = found[bisect_right(places, stretch.start) : bisect_left(places, stretch.end)]
        later = [one._replace(ticks=one.ticks - stretch.start + stretch.at) for one in inside]
        out += later
        now |= here | {one[key] if key else 0: one for one in later}
    return tuple(out)


def _track(track: Track, way: tuple[Stretch, ...]) -> Track:
    notes, origins = [], []
    for start, end, at in way:
        onset, stop = track.notes["onset_ticks"], track.notes["onset_ticks"] + track.notes["duration_ticks"]
        place = np.flatnonzero((onset < end) & ((onset >= start) | (stop > start)))
        part = track.notes[place].copy()
        part["onset_ticks"] = np.maximum(onset[place], start) - start + at
        part["duration_ticks"] = np.minimum(stop[place], end) - np.maximum(onset[place], start)
        part["on_order"] = part["off_order"] = MADE
        notes.append(part)
        origins.append(place)
    table = np.concatenate(notes)
    order = np.lexsort((table["pitch"], table["onset_ticks"]))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    table = table[order]
    events = []
    for start, end, at in way:
        inside = track.events[(track.events["ticks"] >= start) & (track.events["ticks"] < end)].copy()
        inside["ticks"] += at - start
        inside["order"] = MADE
        events.append(inside)
    notation = None if track.notation is None else _notation(track.notation, table, way, origins, back)
    return replace(track, notes=table, events=np.concatenate(events), end_ticks=0, end_order=MADE, notation=notation)


def _notation(
    written: TrackNotation, notes: NDArray[Any], way: tuple[Stretch, ...], origins: list[NDArray[Any]],
    back: NDArray[np.int64],
) -> TrackNotation:  # fmt: skip
    rows, lyrics, slurs, spans = [], [], [], []
    sung: dict[int, list[Lyric]] = {}
    slurred: dict[int, list[int]] = {}
    for lyric in written.lyrics:
        sung.setdefault(lyric.note, []).append(lyric)
    for note, to in written.slurs:
        slurred.setdefault(note, []).append(to)
    spanned = sorted(written.spans, key=_BEGIN)
    begins = [one.start_ticks for one in spanned]
    first = 0
    for (start, end, at), place in zip(way, origins, strict=True):
        new = {int(old): int(back[first + n]) for n, old in enumerate(place)} | {REST: REST}
        first += len(place)
        inside = written.rows[(written.rows["onset_ticks"] >= start) & (written.rows["onset_ticks"] < end)]
        inside = inside[[int(note) in new for note in inside["note"]]].copy()
        inside["note"] = [new[int(note)] for note in inside["note"]]
        inside["onset_ticks"] += at - start
        rows.append(inside)
        here = sorted(new)  # by note, not by sign: stretches times signs would be too long a search
        lyrics += [one._replace(note=new[note]) for note in here for one in sung.get(note, ())]
        slurs += [Slur(new[note], new[to]) for note in here for to in slurred.get(note, ()) if to in new]
        spans += [
            one._replace(start_ticks=one.start_ticks - start + at, end_ticks=min(one.end_ticks, end) - start + at)
            for one in spanned[bisect_left(begins, start) : bisect_left(begins, end)]
        ]
    return replace(
        written, notes=notes, rows=np.concatenate(rows), lyrics=tuple(sorted(lyrics)), slurs=tuple(slurs),
        spans=tuple(spans), clefs=_in_force(written.clefs, way, 1), dynamics=tuple(_moved(written.dynamics, way)),
        transpositions=_in_force(written.transpositions, way, 0), words=tuple(_moved(written.words, way)),
    )  # fmt: skip


def _whole(written: ScoreNotation, way: tuple[Stretch, ...], meters: NDArray[Any]) -> ScoreNotation:
    end = way[-1].at + way[-1].end - way[-1].start
    lines = [line for line in _moved(written.barlines, way) if line.ticks > 0]
    closing = [line._replace(ticks=end) for line in written.barlines if line.ticks == way[-1].end]
    return replace(
        written, meters=meters, repeats=(), voltas=(), jumps=(), bar_numbers=(), barlines=tuple(lines + closing),
        chords=tuple(_moved(written.chords, way)), tempo_words=tuple(_moved(written.tempo_words, way)),
    )  # fmt: skip
