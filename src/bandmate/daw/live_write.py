"""Writing into a running Live set: tracks, scenes and clips, each proved by a question afterwards.

What was not there before is made; a clip of the user's is only written over where that was asked. An order that was
lost is given again, and one that came twice does no harm: tracks and scenes are counted first, notes are counted
stretch by stretch, and a stretch that came out wrong is cleared and written anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.daw.bridge import Bridge
from bandmate.daw.live_view import LiveNote, read_notes
from bandmate.errors import DawError
from bandmate.score.model import Track

PAGE_NOTES = 80  # of one message; macOS sends no more than 9,216 bytes at once
_AS_GOOD = 1e-3  # quarter notes by which a note may lie elsewhere than asked


@dataclass(frozen=True, slots=True)
class ClipWritten:
    """A clip that is there now, by indices from 0; `notes` were counted in Live."""

    track: int
    scene: int
    name: str
    notes: int


def notes_of(track: Track, ticks_per_quarter: int, start_ticks: int, end_ticks: int) -> list[LiveNote]:
    """The notes of a track that begin in a stretch, counted from it; of two at one place and pitch the longer stays."""
    rows = track.notes
    rows = rows[(rows["onset_ticks"] >= start_ticks) & (rows["onset_ticks"] < end_ticks)]
    found: dict[tuple[int, int], LiveNote] = {}
    for row in rows:
        onset, length = int(row["onset_ticks"]) - start_ticks, int(row["duration_ticks"])
        note = LiveNote(int(row["pitch"]), onset / ticks_per_quarter,
                        max(1, min(length, end_ticks - start_ticks - onset)) / ticks_per_quarter,
                        float(row["velocity"]))  # fmt: skip
        old = found.get((onset, note.pitch))
        found[onset, note.pitch] = note if old is None or old.length < note.length else old
    return _no_overlaps(list(found.values()))


def _no_overlaps(notes: list[LiveNote]) -> list[LiveNote]:
    """Notes of one pitch end where the next begins: Live cuts them so, and would count fewer otherwise."""
    following: dict[int, float] = {}
    out = []
    for note in sorted(notes, key=lambda n: (n.start, n.pitch), reverse=True):
        until = following.get(note.pitch, np.inf)
        out.append(note._replace(length=min(note.length, until - note.start)))
        following[note.pitch] = note.start
    return out[::-1]


def make_track(bridge: Bridge, name: str) -> int:
    """Make a MIDI track behind the last and name it; its index.

    Raises:
        DawError: Live does not answer, or makes none.
    """
    before = _count(bridge, "tracks")
    index = _made(bridge, "tracks", before, "/live/song/create_midi_track")
    set_name(bridge, "track", name, index)
    return index


def make_scene(bridge: Bridge, name: str) -> int:
    """Make a scene behind the last and name it; its index.

    Raises:
        DawError: Live does not answer, or makes none.
    """
    before = _count(bridge, "scenes")
    index = _made(bridge, "scenes", before, "/live/song/create_scene")
    set_name(bridge, "scene", name, index)
    return index


def _count(bridge: Bridge, what: str) -> int:
    return int(bridge.ask(f"/live/song/get/num_{what}")[0])


def _made(bridge: Bridge, what: str, before: int, address: str) -> int:
    for attempt in range(bridge.patience.tries):
        bridge.resent += bool(attempt)
        bridge.tell(address, -1)
        bridge.settle()  # a late copy of the order is heard before it is counted
        after = _count(bridge, what)
        if after > before + 1:
            bridge.notices.append(f"{after - before} {what} were made instead of one, since an order came twice; "
                                  "remove the empty ones")  # fmt: skip
        if after > before:
            return before
    raise DawError(f"Live made no new {what.removesuffix('s')}; Live Lite and Intro allow only a few, remove one")


def set_name(bridge: Bridge, kind: str, name: str, *where: int) -> None:
    """Name a track, scene or clip.

    Raises:
        DawError: Live does not answer, or keeps the old name.
    """
    for attempt in range(bridge.patience.tries):
        bridge.resent += bool(attempt)
        bridge.tell(f"/live/{kind}/set/name", *where, name)
        if bridge.ask(f"/live/{kind}/get/name", *where)[:1] == (name,):
            return
    raise DawError(f"Live does not take the name '{name}'; the {kind} may be gone")


def set_tempo(bridge: Bridge, tempo: float) -> None:
    """Set the tempo of the set, in quarter notes a minute.

    Raises:
        DawError: Live does not answer, or keeps the old one.
    """
    for _ in range(bridge.patience.tries):
        bridge.tell("/live/song/set/tempo", float(tempo))
        if abs(float(bridge.ask("/live/song/get/tempo")[0]) - tempo) < 1e-2:
            return
    raise DawError(f"Live does not take the tempo {tempo:g}; it may be driven by another device")


def fire(bridge: Bridge, scene: int) -> None:
    """Launch a scene, once: a second launch would begin it anew, so one that was lost is the user's to give."""
    bridge.tell("/live/scene/fire", scene)
    bridge.ask("/live/scene/get/name", scene)  # answered after the order was heard


def write_clip(
    bridge: Bridge, track: int, scene: int, name: str, beats: float, notes: Sequence[LiveNote], *, replace: bool = False
) -> ClipWritten:
    """Write a clip and count its notes.

    Args:
        bridge: open.
        track: index from 0.
        scene: index from 0.
        name: of the clip.
        beats: its length in quarter notes.
        notes: in quarter notes from its beginning.
        replace: write over a clip that is there.

    Raises:
        DawError: there is a clip and `replace` was not asked, or Live stopped answering; how far it came is said.
    """
    place = f"track {track + 1}, scene {scene + 1}"
    there = bool(bridge.ask("/live/clip_slot/get/has_clip", track, scene)[0])
    if there and not replace:
        raise DawError(f"{place} holds a clip, which stays; choose another scene, or write over it with --replace")
    done = 0
    try:
        if there:
            _cleared(
                bridge, (track, scene), 0.0, max(beats, float(bridge.ask("/live/clip/get/length", track, scene)[0]))
            )
            bridge.tell("/live/clip/set/loop_end", track, scene, float(beats))
        else:
            _created(bridge, track, scene, beats)
        for part in _stretches(notes, beats):
            _write_stretch(bridge, (track, scene), *part)
            done += len(part[2])
        set_name(bridge, "clip", name, track, scene)
        counted = len(read_notes(bridge, (track, scene), 0.0, beats))
    except DawError as error:
        raise DawError(f"{place}: {done} of {len(notes)} notes of '{name}' were written, then: {error}") from None
    if counted != len(notes):
        raise DawError(f"{place}: '{name}' has {counted} notes in Live instead of {len(notes)}; somebody changed it "
                       "meanwhile, write it again")  # fmt: skip
    return ClipWritten(track, scene, name, counted)


def _created(bridge: Bridge, track: int, scene: int, beats: float) -> None:
    for attempt in range(bridge.patience.tries):
        bridge.resent += bool(attempt)
        bridge.tell("/live/clip_slot/create_clip", track, scene, float(beats))
        if bridge.ask("/live/clip_slot/get/has_clip", track, scene)[0]:
            return
    raise DawError("Live makes no clip there; is it a MIDI track?")


def _stretches(notes: Sequence[LiveNote], beats: float) -> list[tuple[float, float, list[LiveNote]]]:
    """Notes in stretches of few enough for one message, as (start, end, notes); what begins together stays together."""
    ordered = sorted(notes, key=lambda note: (note.start, note.pitch))
    out: list[tuple[float, float, list[LiveNote]]] = []
    begin, part = 0.0, list[LiveNote]()
    for note in ordered:
        if len(part) >= PAGE_NOTES and note.start > part[-1].start + _AS_GOOD:
            out.append((begin, note.start, part))
            begin, part = note.start, []
        part.append(note)
    return [*out, (begin, beats, part)] if part else out


def _write_stretch(bridge: Bridge, where: tuple[int, int], start: float, end: float, notes: list[LiveNote]) -> None:
    wanted = Counter(_key(note) for note in notes)
    for attempt in range(bridge.patience.tries):
        if attempt:
            bridge.resent += 1
            _cleared(bridge, where, start, end - start)
        for i in range(0, len(notes), PAGE_NOTES):
            values = [v for n in notes[i : i + PAGE_NOTES] for v in (n.pitch, n.start, n.length, n.velocity, False)]
            bridge.tell("/live/clip/add/notes", *where, *values)
        if Counter(_key(note) for note in read_notes(bridge, where, start, end)) == wanted:
            return
    raise DawError(f"Live does not keep the notes of beats {start + 1:g} to {end + 1:g}")


def _cleared(bridge: Bridge, where: tuple[int, int], start: float, beats: float) -> None:
    for _ in range(bridge.patience.tries):
        bridge.tell("/live/clip/remove/notes", *where, 0, 128, float(start), float(beats))
        if not read_notes(bridge, where, start, start + beats):
            return
    raise DawError(f"Live does not remove the notes from beat {start + 1:g} on")


def _key(note: LiveNote) -> tuple[int, int]:
    return note.pitch, round(float(np.float32(note.start)) / _AS_GOOD)  # OSC carries 32 bits
