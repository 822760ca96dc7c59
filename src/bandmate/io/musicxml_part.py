"""One part of a MusicXML score, walked bar by bar: notes with what is on them, clefs, keys, meters, transpositions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bandmate.errors import FileFormatError
from bandmate.io.musicxml_attributes import clef_of, divisions_of, keys_of, meter_of, transposition_of
from bandmate.io.musicxml_marks import DirectionMarks
from bandmate.io.musicxml_tables import HEADS, LOOKS, SIGN_PLACES, TYPES
from bandmate.io.parts import LONGEST_BAR_QUARTERS, VALUES, Part, Place, Sound, settle_graces
from bandmate.io.safe_xml import Element, as_number
from bandmate.limits import MIDI_NOTES
from bandmate.score.notation import BAR_REST, SIGN_BITS, STEP_SEMITONES, STEPS

_SEMITONES = dict(zip(STEPS, STEP_SEMITONES.tolist(), strict=True))
_STEP = {letter: place for place, letter in enumerate(STEPS)}
_TUPLET_BITS = {"start": SIGN_BITS["tuplet-start"], "stop": SIGN_BITS["tuplet-stop"]}


@dataclass(slots=True)
class PartWalk(Part):
    """A part of a MusicXML score, taken in bar by bar."""

    _bar: int = -1
    _cursor: int = 0
    _longest: int = 0  # where the bar ends, with its rests
    _sounding: int = 0  # where its last note ends
    _told: int = 0  # where its last note or rest ends
    _divisions: int = 1
    _up: int = 0  # semitones that it sounds above what is written
    _last: Sound | None = None
    _graces: dict[int, list[Sound]] = field(default_factory=dict)
    _bar_length: int = 0
    _voices: dict[str, int] = field(default_factory=dict)
    _directions: DirectionMarks = field(default_factory=DirectionMarks)

    def __post_init__(self) -> None:
        """Let the marks be those that directions are taken into."""
        self.marks = self._directions

    def walk(self, part: Element) -> PartWalk:
        """Take in all bars of a part.

        Raises:
            FileFormatError: a number that no music has; the message names bar and part.
        """
        self._bar_length = 4 * self.ticks_per_quarter
        handlers: dict[str, Callable[[Element], None]] = {
            "note": self._note, "backup": self._backup, "forward": self._forward, "attributes": self._attributes,
            "direction": self._direction, "harmony": self._harmony, "barline": self._barline, "sound": self._sound,
        }  # fmt: skip
        for measure in part.iter("measure"):
            self._bar += 1
            self._cursor = self._longest = self._sounding = self._told = 0
            self._last = None
            self.bar_numbers.append(measure.get("number", ""))
            for child in measure:
                handler = handlers.get(child.tag)
                if handler is None:
                    self.leave_out(child.tag)
                else:
                    handler(child)
            self._settle_graces(None)
            # rests that run past the meter are a slip of the pen; notes are not
            self.lengths.append(max(self._sounding, min(self._longest, self._bar_length)))
            if measure.get("implicit") == "yes" and 0 < self._told < self.lengths[-1]:
                self.told[self._bar] = self._told
        return self

    def leave_out(self, tag: Any) -> None:
        """Count an element that is not held."""
        if isinstance(tag, str):  # else a comment
            self.left_out[LOOKS.get(tag, tag)] += 1

    def _where(self) -> str:
        return f"bar {self.bar_numbers[-1] or self._bar + 1} of {self.name}"

    def _ticks(self, text: str | None, what: str) -> int:
        """Divisions as ticks, to the nearest."""
        try:
            number = int(text or "")
        except ValueError:
            number = as_number((text or "").strip(), float("nan"))
            if number != number:
                raise FileFormatError(f"{what} '{(text or '')[:20]}' in {self._where()} is no number") from None
        ticks = round(number * self.ticks_per_quarter / self._divisions)
        if abs(ticks) > LONGEST_BAR_QUARTERS * self.ticks_per_quarter:
            raise FileFormatError(
                f"{what} {number:g} in {self._where()} is more than {LONGEST_BAR_QUARTERS} quarter notes; mend the file"
            )
        return ticks

    def _moved(self, ticks: int) -> None:
        self._cursor = max(0, self._cursor + ticks)
        self._longest = max(self._longest, self._cursor)
        if self._longest > LONGEST_BAR_QUARTERS * self.ticks_per_quarter:
            raise FileFormatError(f"{self._where()} is longer than {LONGEST_BAR_QUARTERS} quarter notes; mend the file")

    def _backup(self, element: Element) -> None:
        self._settle_graces(None)
        self._moved(-self._ticks(element.findtext("duration"), "backup"))
        self._last = None

    def _forward(self, element: Element) -> None:
        self._moved(self._ticks(element.findtext("duration"), "forward"))

    # -- notes ---------------------------------------------------------------------------------------------------

    def _note(self, element: Element) -> None:
        sound = Sound(self._bar, self._cursor, 0)
        is_chord = is_cue = typed = False
        for child in element:
            tag = child.tag
            if tag == "pitch":
                self._pitch(sound, child)
            elif tag == "duration":
                sound.duration = self._ticks(child.text, "duration")
            elif tag == "type":
                sound.value, typed = TYPES.get((child.text or "").strip(), 2), True
            elif tag == "voice":
                sound.voice = self._voice((child.text or "1").strip())
            elif tag == "staff":
                sound.staff = min(max(1, int(as_number(child.text, 1))), 255)
            elif tag == "chord":
                is_chord = True
            elif tag == "rest":
                if child.get("measure") == "yes":
                    sound.value, typed = BAR_REST, True
            elif tag == "dot":
                sound.dots = min(sound.dots + 1, 4)
            elif tag == "tie":
                sound.tie_start |= child.get("type") == "start"
                sound.tie_stop |= child.get("type") == "stop"
            elif tag == "grace":
                sound.grace = 2 if child.get("slash") == "yes" else 1
            elif tag == "time-modification":
                sound.actual = _small(child.findtext("actual-notes"))
                sound.normal = _small(child.findtext("normal-notes"))
            elif tag == "notations":
                self._notations(sound, child)
            elif tag == "lyric":
                self._lyric(sound, child)
            elif tag == "unpitched":
                self._unpitched(sound, child)
            elif tag == "instrument":
                sound.instrument = child.get("id", "")
            elif tag == "notehead":
                sound.signs |= SIGN_BITS.get(HEADS.get((child.text or "").strip(), ""), 0)
            elif tag == "cue":
                is_cue = True
            else:
                self.leave_out(tag)
        if element.attrib:
            self._own_attributes(sound, element)
        if sound.duration < 0:
            raise FileFormatError(f"a note of negative duration stands in {self._where()}; mend the file")
        self._place(sound, is_chord, is_cue, typed)

    def _place(self, sound: Sound, is_chord: bool, is_cue: bool, typed: bool) -> None:
        last = self._last
        if is_chord and last is not None:
            sound.onset = last.onset
            sound.place = last.place
        else:
            is_chord = False
            sound.place = sound.onset
        if not typed and not sound.grace:
            sound.value, sound.dots = self._value_of(sound)
        if sound.grace:
            sound.duration, sound.written = 0, 0
        else:
            sound.written = sound.duration
            if not is_chord:
                self._settle_graces(sound)
                self._moved(sound.duration)
                self._told = max(self._told, self._cursor)
                if sound.pitch is not None or sound.unpitched:
                    self._sounding = max(self._sounding, self._cursor)
        if is_cue:
            self.left_out["cue notes"] += 1
            self._last = sound  # notes may join it to a chord
            return
        if sound.grace:
            self._graces.setdefault(sound.voice, []).append(sound)
            sound.late = 1 if is_chord else 0  # until they are settled: whether it sounds with the one before
        self._last = sound
        self.sounds.append(sound)
        if len(self.sounds) > MIDI_NOTES.high:
            raise FileFormatError(f"{self.name} has more than {MIDI_NOTES.high:,.0f} notes; split the file")

    def _settle_graces(self, main: Sound | None) -> None:
        if not self._graces:
            return
        for voice in list(self._graces) if main is None else [main.voice]:
            place = self._cursor if main is None else main.onset
            settle_graces(self._graces.pop(voice, []), place, self.ticks_per_quarter)

    def _value_of(self, sound: Sound) -> tuple[int, int]:
        if sound.pitch is None and not sound.unpitched and sound.duration in (0, self._bar_length):
            return BAR_REST, 0
        quarters = Fraction(sound.duration, self.ticks_per_quarter) * sound.actual / sound.normal
        return VALUES.get(quarters, (2, 0))

    def _pitch(self, sound: Sound, element: Element) -> None:
        letter = (element.findtext("step") or "").strip()
        octave = as_number(element.findtext("octave"), -100)
        if letter not in _STEP or not -3 <= octave <= 12:
            raise FileFormatError(
                f"pitch '{letter[:8]}{octave:g}' in {self._where()} is none; mend the file or export it again"
            )
        alter = as_number(element.findtext("alter"), 0)
        if alter != int(alter):
            self.left_out["quarter tones"] += 1
        sound.step, sound.alter, sound.octave = _STEP[letter], min(max(-4, round(alter)), 4), int(octave)
        sound.pitch = 12 * (sound.octave + 1) + _SEMITONES[letter] + sound.alter + self._up

    def _unpitched(self, sound: Sound, element: Element) -> None:
        letter = (element.findtext("display-step") or "C").strip()
        sound.octave = int(min(max(-1, as_number(element.findtext("display-octave"), 5)), 9))
        sound.step = _STEP.get(letter, 0)
        sound.unpitched = f"{letter}{sound.octave}"

    def _voice(self, text: str) -> int:
        if text not in self._voices:
            number = int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 256 else 0
            taken = self._voices.values()
            if not number or number in taken:
                number = next((free for free in range(1, 256) if free not in taken), 255)
            self._voices[text] = number
        return self._voices[text]

    def _own_attributes(self, sound: Sound, element: Element) -> None:
        get = element.get
        sound.percent = as_number(get("dynamics"), 0.0)
        if get("attack"):
            sound.early = -self._ticks(get("attack"), "attack")
        if get("release"):
            sound.late = self._ticks(get("release"), "release")

    def _notations(self, sound: Sound, element: Element) -> None:
        for child in element:
            tag = child.tag
            if tag == "tied":
                pass  # <tie> says it
            elif tag == "slur":
                sound.slurs.append((child.get("number", "1"), child.get("type", "")))
            elif tag == "tuplet":
                sound.signs |= _TUPLET_BITS.get(child.get("type", ""), 0)
            elif tag == "fermata":
                sound.signs |= SIGN_BITS["fermata"]
            elif tag == "arpeggiate":
                sound.signs |= SIGN_BITS["arpeggio"]
            elif tag == "dynamics":
                for mark in child:
                    self._directions.dynamic(Place(self._bar, sound.onset), mark, sound.staff)
            elif tag in SIGN_PLACES:
                self._signs(sound, child, SIGN_PLACES[tag])
            else:
                self.leave_out(tag)

    def _signs(self, sound: Sound, element: Element, known: dict[str, str]) -> None:
        for child in element:
            sign = known.get(child.tag)
            if sign is None:
                self.leave_out(child.tag)
                continue
            sound.signs |= SIGN_BITS[sign]
            if sign == "tremolo":
                sound.strokes = int(min(max(0, as_number(child.text, 3)), 8))

    def _lyric(self, sound: Sound, element: Element) -> None:
        number = element.get("number", "1")
        verse = int(number) if number.isascii() and number.isdigit() and 0 < int(number) < 256 else 1
        text = " ".join("".join(t.text or " " for t in element if t.tag in ("text", "elision")).split())
        kind = element.findtext("syllabic") or "single"
        joined, follows = kind in ("begin", "middle"), kind in ("middle", "end")
        extends = element.find("extend") is not None
        if text or extends:
            sound.lyrics.append((verse, text, joined, follows, extends))

    # -- what stands between notes ---------------------------------------------------------------------------------

    def _place_of(self, element: Element) -> Place:
        offset = element.findtext("offset")
        moved = 0 if offset is None else self._ticks(offset, "offset")
        return Place(self._bar, max(0, self._cursor + moved))

    def _direction(self, element: Element) -> None:
        self._directions.direction(self._place_of(element), element, self)

    def _sound(self, element: Element) -> None:
        self._directions.sound(self._place_of(element), element, self)

    def _harmony(self, element: Element) -> None:
        self._directions.harmony(self._place_of(element), element, self)

    def _barline(self, element: Element) -> None:
        self._directions.barline(self._bar, self._cursor, element, self)

    def _attributes(self, element: Element) -> None:
        here = Place(self._bar, self._cursor)
        for child in element:
            tag = child.tag
            if tag == "divisions":
                self._divisions = divisions_of(child, self._where())
            elif tag == "key":
                self.keys.extend((here, *key) for key in keys_of(child, self.left_out))
            elif tag == "time":
                self._time(here, child)
            elif tag == "staves":
                self.staves = min(max(1, int(as_number(child.text, 1))), 255)
            elif tag == "clef":
                self.clefs.append((here, *clef_of(child)))
            elif tag == "transpose":
                self._up, steps = transposition_of(child)
                self.transpositions.append((here, self._up, steps))
            else:
                self.leave_out(tag)

    def _time(self, here: Place, element: Element) -> None:
        meter = meter_of(element, self._where(), self.left_out)
        if meter is not None:
            self.meters.append((here, *meter))
            self._bar_length = 4 * self.ticks_per_quarter * meter[0] // meter[1]


def _small(text: str | None) -> int:
    return int(min(max(1, as_number(text, 1)), 255))
