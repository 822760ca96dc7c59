"""Clips, tracks and scenes of the open set: looked at, made, named, fired. Nothing here takes anything away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bandmate.errors import LiveError
from bandmate.io.live.client import LiveClient, LiveRefused, Question
from bandmate.io.live.notes import ClipGone, LiveNote, if_there, place_of, read_notes
from bandmate.io.live.view import number, value_in

_FACTS = ("is_midi_clip", "looping", "loop_start", "loop_end", "start_marker")


@dataclass(frozen=True, slots=True)
class ClipView:
    """A clip: whether it holds notes, what of it plays, in quarter notes of its own time, and its notes."""

    is_midi: bool
    looping: bool
    loop_start: float
    loop_end: float
    start_marker: float
    notes: tuple[LiveNote, ...] = ()


def read_clip(client: LiveClient, track: int, scene: int) -> ClipView:
    """What is in a slot; of a clip of sound without notes.

    Raises:
        ClipGone: there is no clip any more. LiveError: Live does not answer.
    """
    asked = [Question(f"/live/clip/get/{name}", (track, scene), 2) for name in _FACTS]
    said = if_there(client, track, scene, lambda: client.ask_all(asked))
    midi, looping, *places = (value_in(said[question.key]) for question in asked)
    start, end, marker = map(number, places)
    if not midi:
        return ClipView(False, bool(looping), start, end, marker)
    first = start if looping else min(start, marker)
    notes = read_notes(client, track, scene, first, end) if end > first else []
    return ClipView(True, bool(looping), start, end, marker, tuple(notes))


def make_clip(client: LiveClient, track: int, scene: int, quarters: float, name: str) -> None:
    """Make an empty MIDI clip of this length in an empty slot, and name it.

    Raises:
        LiveError: somebody put a clip there first, or Live does not make one.
    """
    has_clip = Question("/live/clip_slot/get/has_clip", (track, scene), 2)
    if value_in(client.ask(*has_clip[:1], *has_clip.arguments)):
        raise LiveError(f"{place_of(track, scene)} holds a clip by now; it was left as it is")
    order = ("/live/clip_slot/create_clip", track, scene, float(quarters))
    client.ensure(order, has_clip, lambda values: bool(values[0]), first=False)
    made = read_clip(client, track, scene)
    length = made.loop_end - made.loop_start
    if not made.is_midi or made.notes or abs(length - quarters) > 0.01:
        raise LiveError(f"{place_of(track, scene)} was filled by somebody else meanwhile; it was left as it is")
    set_clip(client, track, scene, "name", name)


def set_clip(client: LiveClient, track: int, scene: int, what: str, value: float | str | bool) -> None:
    """Set a property of a clip, such as name or loop_end, and see that it is so.

    Raises:
        ClipGone: the clip was deleted. LiveError: Live does not do it.
    """
    order = (f"/live/clip/set/{what}", track, scene, value)
    question = Question(f"/live/clip/get/{what}", (track, scene), 2)
    if_there(client, track, scene, lambda: client.ensure(order, question, lambda values: _is(values[0], value)))


def _is(there: object, wanted: object) -> bool:
    if isinstance(wanted, float) and isinstance(there, int | float):
        return abs(there - wanted) < 1e-3 * max(1.0, abs(wanted))
    return there == wanted


def make_track(client: LiveClient, name: str) -> int:
    """Make a MIDI track behind the last one, and name it; its index.

    Raises:
        LiveError: Live makes none (Live Lite and Intro have a limit), or tracks were moved meanwhile.
    """
    count = Question("/live/song/get/num_tracks")
    before = int(number(value_in(client.ask(count.address))))
    order = ("/live/song/create_midi_track", -1)
    client.ensure(order, count, lambda values: number(values[0]) > before, first=False)
    set_track_name(client, before, name)
    return before


def set_track_name(client: LiveClient, track: int, name: str) -> None:
    """Name a track, and see that it is so."""
    question = Question("/live/track/get/name", (track,), 1)
    client.ensure(("/live/track/set/name", track, name), question, lambda values: values[0] == name)


def make_scene(client: LiveClient, name: str) -> int:
    """Make a scene behind the last one, and name it; its index.

    Raises:
        LiveError: Live makes none.
    """
    count = Question("/live/song/get/num_scenes")
    before = int(number(value_in(client.ask(count.address))))
    client.ensure(("/live/song/create_scene", -1), count, lambda values: number(values[0]) > before, first=False)
    question = Question("/live/scene/get/name", (before,), 1)
    client.ensure(("/live/scene/set/name", before, name), question, lambda values: values[0] == name)
    return before


def set_tempo(client: LiveClient, tempo: float) -> None:
    """Set the tempo, in quarter notes a minute, and see that it is so.

    Raises:
        LiveError: Live does not do it.
    """
    order = ("/live/song/set/tempo", float(tempo))
    client.ensure(order, Question("/live/song/get/tempo"), lambda values: abs(number(values[0]) - tempo) < 0.01)


def fire_clip(client: LiveClient, track: int, scene: int) -> None:
    """Launch a clip, and see that it plays or waits for its bar.

    Raises:
        ClipGone: there is none. LiveError: Live does not launch it.
    """
    try:
        there = value_in(client.ask("/live/clip_slot/get/has_clip", track, scene))
    except LiveRefused:
        there = False  # not even the slot is left
    if not there:
        raise ClipGone(f"there is no clip in {place_of(track, scene)} any more, so it was not launched")
    _launch(client, ("/live/clip_slot/fire", track, scene), [(track, scene)])


def fire_scene(client: LiveClient, scene: int, tracks: Sequence[int]) -> None:
    """Launch a scene, and see that one of the clips that these tracks have in it plays or waits for its bar.

    Raises:
        LiveError: Live does not launch it.
    """
    _launch(client, ("/live/scene/fire", scene), [(track, scene) for track in tracks])


def _launch(client: LiveClient, order: tuple[str | int, ...], slots: Sequence[tuple[int, int]]) -> None:
    asked = [
        Question(f"/live/clip_slot/get/{name}", slot, 2) for slot in slots for name in ("is_triggered", "is_playing")
    ]
    for _ in range(client.patience.tries):
        client.tell(str(order[0]), *order[1:])
        said = client.ask_all(asked)
        if any(value_in(said[question.key]) for question in asked):
            return
    raise LiveError(f"Live does not launch {place_of(*slots[0])}; look whether a dialog is open in Live")
