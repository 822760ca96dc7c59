"""A view of the set that is open in Live: tempo, meter, scale, tracks, scenes, and which slots hold what."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate.errors import LiveError
from bandmate.io.als.clips import MODE_SCALES
from bandmate.io.live.client import LiveClient, LiveRefused, Question
from bandmate.io.osc import Argument
from bandmate.io.sounds_named import named_sound
from bandmate.score.pitch import Key

_MODES = {scale: mode for mode, scale in MODE_SCALES.items()}
_UNSET = Key(0, "major")  # what Live shows until somebody chooses a scale
_DRUM_DEVICES = {"DrumGroupDevice", "InstrumentImpulse"}
_SONG = ("tempo", "signature_numerator", "signature_denominator", "num_tracks", "num_scenes")
_TRACK = ("name", "has_midi_input", "is_foldable", "playing_slot_index", "clips/name", "clips/length",
          "devices/class_name")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """A clip in a slot: its name and its length in quarter notes."""

    name: str
    quarters: float


@dataclass(frozen=True, slots=True)
class TrackView:
    """A track of the set.

    Attributes:
        index: from 0; name: as Live shows it.
        is_midi: whether its clips hold notes; is_group: whether it holds other tracks.
        is_drum, program: the sound that its devices or its name mean.
        playing: scene of the clip that plays, None if none does.
        slots: clips by scene.
    """

    index: int
    name: str
    is_midi: bool
    is_group: bool
    is_drum: bool
    program: int
    playing: int | None
    slots: dict[int, Slot]

    @property
    def takes_notes(self) -> bool:
        """Whether a MIDI clip can be made on it."""
        return self.is_midi and not self.is_group


@dataclass(frozen=True, slots=True)
class SetView:
    """The set; tempo in quarter notes a minute, scenes by name, key None where Live shows no scale."""

    tempo: float
    meter: tuple[int, int]
    key: Key | None
    tracks: tuple[TrackView, ...]
    scenes: tuple[str, ...]

    @property
    def bar_quarters(self) -> float:
        """Length of a bar."""
        return bar_quarters(self.meter)

    def clips_of(self, scene: int) -> list[tuple[TrackView, Slot]]:
        """The clips of a scene."""
        return [(track, track.slots[scene]) for track in self.tracks if scene in track.slots]


def bar_quarters(meter: tuple[int, int]) -> float:
    """Quarter notes in a bar of a meter.

    >>> bar_quarters((6, 8))
    3.0
    """
    return meter[0] * 4 / meter[1]


def view_set(client: LiveClient) -> SetView:
    """Look at the whole set; about half a second, and more where packets get lost.

    Raises:
        LiveError: Live does not answer, refuses, or was changed while it was looked at.
    """
    song = {name: Question(f"/live/song/get/{name}") for name in _SONG}
    said = client.ask_all(list(song.values()))
    facts = {name: value_in(said[question.key]) for name, question in song.items()}
    count, scenes = _whole(facts["num_tracks"]), _whole(facts["num_scenes"])
    rows = client.ask_all(
        [Question(f"/live/track/get/{name}", (index,), 1) for index in range(count) for name in _TRACK]
    )
    names = _scene_names(client, scenes)
    tracks = tuple(
        _track(index, {name: rows[(f"/live/track/get/{name}", (index,))] for name in _TRACK}) for index in range(count)
    )
    if any(len(rows[("/live/track/get/clips/name", (index,))]) != scenes for index in range(count)):
        raise LiveError("scenes were added or taken away while the set was read; try again")
    meter = (max(1, _whole(facts["signature_numerator"])), max(1, _whole(facts["signature_denominator"])))
    return SetView(number(facts["tempo"]), meter, _key(client), tracks, names)


def _scene_names(client: LiveClient, scenes: int) -> tuple[str, ...]:
    asked = [Question("/live/scene/get/name", (scene,), 1) for scene in range(scenes)]
    found = client.ask_all(asked)
    return tuple(str(value_in(found[question.key]) or "") for question in asked)


def _track(index: int, row: dict[str, tuple[Argument, ...]]) -> TrackView:
    name = str(value_in(row["name"]))
    program, is_drum = named_sound(name, has_drums=bool(_DRUM_DEVICES & set(row["devices/class_name"])))
    playing = _whole(value_in(row["playing_slot_index"]))
    slots = {
        scene: Slot(str(clip), number(length))
        for scene, (clip, length) in enumerate(zip(row["clips/name"], row["clips/length"], strict=False))
        if clip is not None
    }
    takes_midi, is_group = (bool(value_in(row[what])) for what in ("has_midi_input", "is_foldable"))
    return TrackView(index, name, takes_midi, is_group, is_drum, program, playing if playing >= 0 else None, slots)


def _key(client: LiveClient) -> Key | None:
    """Live's scale; None where it is Live's own C major, is none of ours, or where AbletonOSC does not tell it."""
    try:
        said = client.ask_all([Question("/live/song/get/root_note"), Question("/live/song/get/scale_name")])
    except LiveRefused:
        return None
    return key_of(*(value_in(said[(f"/live/song/get/{name}", ())]) for name in ("root_note", "scale_name")))


def key_of(root: Argument, scale: Argument) -> Key | None:
    """The key that Live's root note and scale mean; None for its own C major, and for what is none of ours."""
    mode = _MODES.get(str(scale))
    key = Key(_whole(root) % 12, mode) if mode else None
    return None if key == _UNSET else key


def value_in(values: tuple[Argument, ...]) -> Argument:
    """The one value of an answer.

    Raises:
        LiveError: there is none.
    """
    if not values:
        raise LiveError("Live answered without a value where one was expected; look whether AbletonOSC is up to date")
    return values[0]


def number(value: Argument) -> float:
    """A value of an answer as a number.

    Raises:
        LiveError: it is none.
    """
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise LiveError(f"Live answered {value!r} where a number was expected; look whether AbletonOSC is up to date")


def _whole(value: Argument) -> int:
    return int(number(value))
