"""Brief: what the musician asked for, as data, with what was not understood."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bandmate.score.locks import TrackLock
from bandmate.score.pitch import Chord, Key

ROLES = ("drums", "perc", "bass", "chords", "melody", "lead", "pad", "arp", "strings", "brass", "vox", "fx")


@dataclass(frozen=True, slots=True)
class TrackAsk:
    """One track that was asked for.

    Attributes:
        role: one of ROLES.
        program: General MIDI program 0..127, None = the genre's choice.
        kit: drum kit program, for drums; None = the genre's choice.
        name: the words it was asked by ("slap bass"), may be empty.
        low, high: allowed MIDI pitches, None = the instrument's own range.
        polyphony: most notes at once, None = the role's own limit (bass 1).
        density: factor on how busy it plays; 1.0 = the genre's normal.
        articulation: word of the lexicon such as "staccato", may be empty.
        register: semitone shift against the instrument's usual place.
        enter_bar: 1-based bar at which it starts; enter_section: 1-based section; 0 = as the form has it.
    """

    role: str
    program: int | None = None
    kit: int | None = None
    name: str = ""
    low: int | None = None
    high: int | None = None
    polyphony: int | None = None
    density: float = 1.0
    articulation: str = ""
    register: int = 0
    enter_bar: int = 0
    enter_section: int = 0

    @property
    def is_drum(self) -> bool:
        """Whether it plays drum keys."""
        return self.role in ("drums", "perc") and self.program is None


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A word that meant nothing to us, and words close to it that do."""

    word: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """What was asked. A field that is None or empty was not stated, unless `guessed` names it.

    Attributes:
        text: the words as typed.
        genre: id in the genre table; genre2: a second one that lends harmony and instruments.
        styles: near-genre or style ids; moods: mood ids, each may have a weight in `mood_weights`.
        tempo: quarter notes a minute.
        key: tonic and mode; mode: a mode without a tonic ("a minor key").
        meter: numerator and denominator.
        bars: length in bars; seconds: length in seconds, if that was asked instead.
        loop: exactly the bars, end joins start.
        tracks: what was asked for by name; only: roles that may sound, empty = no limit.
        excluded: roles, excluded_programs: GM programs that must not sound.
        excluded_drums: drum keys that must not sound; included_drums: drum keys asked for by name (54 = tambourine).
        chords: a progression, one entry a bar, each a tuple of chords that share the bar evenly.
        progression: numerals as written ("IVmaj7 V7 iii7 vi").
        energy: 1..5; density: factor; swing: position of the off note in its pair (0.5 straight).
        feel: words such as "half_time"; register: semitone shift.
        structure: (section, bars or 0, energy or 0, roles) in order.
        patterns: drum patterns or bass cells asked for by name ("one_drop", "double_kick"), as in the genre table.
        voicing: "triad", "7th", "9th", "power" or "sus"; dynamics: MIDI velocity (p = 49); articulation: a word.
        events: what is to happen ("key_change", "fade_out"), with its section where one was named ("intro:scary").
        track_count: how many tracks in all, if a number was said.
        locks: what binds single tracks.
        conflicts: sentences: what contradicted what, and which won.
        notices: sentences: corrections made ("saxaphone -> saxophone").
        guessed: names of fields filled in without having been stated.
    """

    text: str = ""
    genre: str | None = None
    genre2: str | None = None
    styles: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    mood_weights: dict[str, float] = field(default_factory=dict)
    tempo: float | None = None
    tempo_factor: float = 1.0
    key: Key | None = None
    mode: str | None = None
    meter: tuple[int, int] | None = None
    bars: int | None = None
    seconds: float | None = None
    loop: bool = False
    tracks: tuple[TrackAsk, ...] = ()
    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_programs: tuple[int, ...] = ()
    excluded_drums: tuple[int, ...] = ()
    chords: tuple[tuple[Chord, ...], ...] = ()
    progression: str | None = None
    energy: int | None = None
    density: float = 1.0
    swing: float | None = None
    feel: tuple[str, ...] = ()
    register: int = 0
    structure: tuple[tuple[str, int, int, tuple[str, ...]], ...] = ()
    included_drums: tuple[int, ...] = ()
    patterns: tuple[str, ...] = ()
    voicing: str = ""
    dynamics: int | None = None
    articulation: str = ""
    events: tuple[str, ...] = ()
    track_count: int | None = None
    locks: tuple[TrackLock, ...] = ()
    conflicts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    guessed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data for take.json; `from_json` reads it back."""
        data = asdict(self)
        data["key"] = None if self.key is None else self.key.name
        data["chords"] = [[chord.spell() for chord in bar] for bar in self.chords]
        data["locks"] = [lock.to_json() for lock in self.locks]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Brief:
        """Read what `to_json` wrote; unknown fields are an error of the caller."""
        values = dict(data)
        values["key"] = Key.parse(values["key"]) if values.get("key") else None
        values["chords"] = tuple(tuple(Chord.parse(name) for name in bar) for bar in values.get("chords", ()))
        values["locks"] = tuple(TrackLock.from_json(lock) for lock in values.get("locks", ()))
        values["tracks"] = tuple(TrackAsk(**track) for track in values.get("tracks", ()))
        values["not_understood"] = tuple(
            NotUnderstood(item["word"], tuple(item["suggestions"])) for item in values.get("not_understood", ())
        )
        values["structure"] = tuple((s, b, e, tuple(r)) for s, b, e, r in values.get("structure", ()))
        if values.get("meter"):
            values["meter"] = tuple(values["meter"])
        for name in ("styles", "moods", "only", "excluded", "excluded_programs", "excluded_drums", "feel",
                     "included_drums", "patterns", "events", "conflicts", "notices", "guessed"):  # fmt: skip
            values[name] = tuple(values.get(name, ()))
        return cls(**values)
