"""The voices of a MuseScore staff: chords and rests get their time, tuplets their ratio, grace notes their place."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.io.musescore.chords import Written, read_written
from bandmate.io.musescore.clock import tuplet_ratio
from bandmate.io.musescore.marks import is_hidden
from bandmate.io.musescore.notes import Pitches, read_note
from bandmate.io.musescore.state import Cursor, PartState, Spot
from bandmate.io.musescore.tables import NAMED, VALUES
from bandmate.io.parts import Sound, settle_graces
from bandmate.io.safe_xml import Element
from bandmate.score.notation import BAR_REST, SIGN_BITS

_START, _STOP = SIGN_BITS["tuplet-start"], SIGN_BITS["tuplet-stop"]
_VOICES = 4  # of a staff


@dataclass(slots=True)
class Tuplet:
    """A tuplet: its ratio with those around it, and how far it is filled (MuseScore 2)."""

    actual: int = 1
    normal: int = 1
    ratio: Fraction = Fraction(1)
    around: Tuplet | None = None
    is_begun: bool = True
    ticks: int = 0
    used: int = 0

    def chain(self) -> list[Tuplet]:
        """It and those around it; none for what stands outside all."""
        out: list[Tuplet] = []
        now: Tuplet | None = self
        while now is not None and now.around is not None:
            out.append(now)
            now = now.around
        return out


@dataclass(slots=True)
class Voice:
    """What is open in a voice of a bar."""

    tuplets: list[Tuplet] = field(default_factory=lambda: [Tuplet()])
    graces: list[Sound] = field(default_factory=list)
    after: list[Sound] = field(default_factory=list)
    grace_count: int = 0
    two_strokes: int = 0
    last: Sound | None = None
    end: int = 0  # where it has come to


class Voices:
    """The voices of a staff.

    Args:
        state: of its part.
        number: of the staff in the part, from 1.
        cursor: of the staff.
    """

    def __init__(self, state: PartState, number: int, cursor: Cursor) -> None:
        self.state, self.number, self.cursor = state, number, cursor
        self.left_out, self.version = state.part.left_out, state.version
        self.sounds: list[Sound] = []
        self._voices: dict[int, Voice] = {}
        self._numbered: dict[str, Tuplet] = {}
        self._slur_count = 0

    def where(self) -> str:
        """The bar, as messages name it."""
        return self.cursor.where()

    def begin_bar(self) -> None:
        """Nothing is open at the start of a bar."""
        self._voices = {}

    def end_bar(self) -> None:
        """Grace notes that wait lead to the next bar."""
        for voice in self._voices.values():
            self._settle(voice.graces + voice.after, voice.end)
            self.sounds += voice.after

    def spot(self, number: int, *, grace: int | None = None, staves: int = 0) -> Spot:
        """Where a voice is now, so many staves below."""
        here = Spot(self.number + staves, number, self.cursor.bar, self.cursor.ticks)
        return here if grace is None else here._replace(grace=grace)

    # -- chords and rests --------------------------------------------------------------------------------------------

    def rest(self, element: Element, number: int, *, fills_bar: bool = False) -> None:
        """Take in a rest, or what stands for one of a whole bar."""
        written = read_written(element, self.version, self.left_out)
        if fills_bar:
            written.value = "measure"
        voice = self._voice(number)
        tuplet = self._tuplet_of(written, voice)
        sound = self._base(written, number, tuplet)
        sound.signs |= written.signs
        self.left_out[NAMED["Lyrics"]] += len(written.lyrics)
        self._take([sound], voice, tuplet, number)
        if element.findtext("gap") != "1":
            self.sounds.append(sound)

    def chord(self, element: Element, number: int) -> None:
        """Take in a chord, of grace notes too.

        Raises:
            FileFormatError: a pitch or value is none.
        """
        written = read_written(element, self.version, self.left_out)
        voice = self._voice(number)
        tuplet = self._tuplet_of(written, voice)
        if not written.grace:
            _continue_tremolo(written, voice)
        sounds, cues = self._notes(written, number, tuplet)
        if not sounds:
            if cues and not written.grace:  # they take time and do not sound
                self._take(cues, voice, tuplet, number)
            return
        self.sounds += () if written.after else sounds
        if written.arpeggio_staves:
            spot = self.spot(number, staves=written.arpeggio_staves)
            self.state.signs.append((spot, SIGN_BITS["arpeggio"], NAMED["Arpeggio"]))
        self._slurs(sounds[0], written, number)
        if not written.grace:
            self._take(sounds, voice, tuplet, number)
            return
        for late in sounds[1:]:
            late.late = 1  # until they are settled: it sounds with the one before
        if written.after:
            voice.after = sounds + voice.after  # the last stands first in the file
        else:
            voice.graces += sounds
        self.state.heads[self.spot(number, grace=voice.grace_count)] = sounds
        voice.grace_count += 1

    def breath(self, element: Element, number: int) -> None:
        """Take in a breath mark or caesura: a sign on the chord before."""
        if is_hidden(element):
            return
        name = element.findtext("symbol") or element.findtext("subtype") or ""
        sign = "caesura" if "caesura" in name or name in ("2", "3") else "breath"
        last = self._voice(number).last
        if last is None or last.pitch is None:
            self.left_out["breath marks between notes"] += 1
        else:
            last.signs |= SIGN_BITS[sign]

    def _voice(self, number: int) -> Voice:
        if number not in self._voices:
            self._voices[number] = Voice()
        return self._voices[number]

    def _base(self, written: Written, number: int, tuplet: Tuplet) -> Sound:
        """A sound with all that the notes of a chord share."""
        staff = min(max(1, self.number + written.moved), 255)
        actual, normal = (1, 1) if written.grace or tuplet.actual == tuplet.normal else (tuplet.actual, tuplet.normal)
        actual *= 1 + written.is_two
        sound = Sound(
            self.cursor.bar, self.cursor.ticks, self._duration(written, tuplet),
            voice=_VOICES * (self.number - 1) % 252 + number + 1, staff=staff,
            value=BAR_REST if written.fills_bar else VALUES.get(written.value, 2), dots=written.dots,
            actual=min(actual, 255), normal=min(normal, 255), grace=written.grace, place=self.cursor.ticks,
        )  # fmt: skip
        sound.written = 0 if written.grace else sound.duration
        return sound

    def _duration(self, written: Written, tuplet: Tuplet) -> int:
        if written.grace:
            return 0
        if written.fills_bar:
            return self.cursor.bar_length
        ratio = tuplet.ratio / self.cursor.stretch
        if written.length:
            return round(self.cursor.clock.text(written.length, self.where) * ratio)
        return self.cursor.clock.value(written.value, written.dots, ratio, self.where)

    def _notes(self, written: Written, number: int, tuplet: Tuplet) -> tuple[list[Sound], list[Sound]]:
        """The notes of a chord that sound, and cues, which do not; signs stand on the first."""
        sounds: list[Sound] = []
        cues: list[Sound] = []
        cast = self.state.cast
        pitches = Pitches(self.state.up_at(self.cursor.place), cast.lines if cast.player.is_drum else None)
        for note in written.notes:
            sound = self._base(written, number, tuplet)
            is_cue = read_note(sound, note, pitches, self, is_small=written.is_small)
            if not is_cue and not sounds:
                sound.signs |= written.signs
                sound.strokes = written.strokes
                sound.lyrics, sound.slurs = written.lyrics, list(written.slurs)
            if written.arpeggio:
                sound.signs |= SIGN_BITS["arpeggio"]
            (cues if is_cue else sounds).append(sound)
        self.left_out["cue notes"] += len(cues)
        return sounds, cues

    def _take(self, sounds: list[Sound], voice: Voice, tuplet: Tuplet, number: int) -> None:
        """Give a chord or rest its time, and grace notes theirs."""
        sound = sounds[0]
        self.state.heads.setdefault(self.spot(number), sounds)
        self._settle(voice.graces, sound.onset)
        self.sounds += voice.after
        voice.graces, voice.after, voice.grace_count = voice.after, [], 0
        voice.last = sound
        for one in tuplet.chain():
            if not one.is_begun:
                sound.signs |= _START
                one.is_begun = True
            one.used += sound.duration
            if 0 < one.ticks <= one.used:
                sound.signs |= _STOP
        self.cursor.advance(sound.duration)
        voice.end = self.cursor.ticks

    def _settle(self, graces: list[Sound], place: int) -> None:
        if graces:
            settle_graces(graces, place, self.cursor.clock.ticks_per_quarter)

    def _slurs(self, sound: Sound, written: Written, number: int) -> None:
        for element in written.spanners:
            kind = element.get("type", "")
            if kind != "Slur":
                self.left_out[NAMED.get(kind, kind)] += element.find("next") is not None
                continue
            end = self.cursor.end_of(element, self.number, number)
            if end is not None:
                self._slur_count += 1
                name = f"{self.number}.{self._slur_count}"
                sound.slurs.append((name, "start"))
                self.state.slurs.append((name, end))

    # -- tuplets -----------------------------------------------------------------------------------------------------

    def tuplet(self, element: Element, number: int) -> None:
        """Open a tuplet; one with a number waits for the chords that name it (MuseScore 2)."""
        voice = self._voice(number)
        around = self._numbered.get(element.findtext("Tuplet", "").strip(), voice.tuplets[-1])
        actual, normal = tuplet_ratio(element)
        tuplet = Tuplet(
            actual * around.actual, normal * around.normal, around.ratio * normal / actual, around, is_begun=False
        )
        identifier = element.get("id")
        if identifier is None:
            voice.tuplets.append(tuplet)
            return
        base = element.findtext("baseNote", "")
        if base in VALUES:
            tuplet.ticks = normal * self.cursor.clock.value(base, 0, around.ratio / self.cursor.stretch, self.where)
        self._numbered[identifier] = tuplet

    def end_tuplet(self, number: int) -> None:
        """Close the innermost tuplet: the last chord bears its end."""
        voice = self._voice(number)
        if len(voice.tuplets) > 1:
            voice.tuplets.pop()
            if voice.last is not None:
                voice.last.signs |= _STOP

    def _tuplet_of(self, written: Written, voice: Voice) -> Tuplet:
        return self._numbered.get(written.tuplet, voice.tuplets[-1]) if written.tuplet else voice.tuplets[-1]


def _continue_tremolo(written: Written, voice: Voice) -> None:
    """A tremolo of two chords is written on the first and borne by both."""
    if voice.two_strokes:
        written.strokes, voice.two_strokes = voice.two_strokes, 0
        written.signs |= SIGN_BITS["tremolo"]
        written.is_two = True
    elif written.is_two:
        voice.two_strokes = written.strokes
