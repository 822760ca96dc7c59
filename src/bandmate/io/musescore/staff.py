"""One staff of a MuseScore score, walked bar by bar, voice by voice, into the sounds and marks of its part.

Since MuseScore 3 a bar holds its voices one after the other, tuplets enclose their notes, and spanners say how far away
they end. MuseScore 2 writes one stream a bar with absolute ticks, tracks and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.errors import FileFormatError
from bandmate.io.musescore.chords import Written, read_written, signs_of
from bandmate.io.musescore.clock import Clock, tuplet_ratio
from bandmate.io.musescore.marks import TAKERS, is_hidden
from bandmate.io.musescore.notes import Pitches, read_note
from bandmate.io.musescore.players import USUAL, Cast, programs_of, transposition
from bandmate.io.musescore.spans import Ottava, take_span
from bandmate.io.musescore.tables import NAMED, NOTHING, VALUES
from bandmate.io.parts import LAST_TICK, LONGEST_BAR_QUARTERS, Part, Place, Sound, settle_graces
from bandmate.io.safe_xml import Element, as_number
from bandmate.limits import MIDI_NOTES
from bandmate.score.notation import BAR_REST, SIGN_BITS
from bandmate.score.spelling import fifths_between

_START, _STOP = SIGN_BITS["tuplet-start"], SIGN_BITS["tuplet-stop"]
_SPANNERS = ("HairPin", "Ottava", "Pedal", "Volta", "Trill", "TextLine", "GradualTempoChange", "LetRing", "PalmMute",
             "Vibrato", "WhammyBar", "HarmonicMark", "PickScrape", "Rasgueado")  # fmt: skip
_HELD_SPANNERS = ("HairPin", "Ottava", "Pedal", "Volta", "Trill")
_METER_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
_MAIN = -1  # the place of a chord among the grace notes before it: none


@dataclass(slots=True)
class Tuplet:
    """An open tuplet: its ratio with those around it, and how far it is filled (MuseScore 2)."""

    actual: int = 1
    normal: int = 1
    ratio: Fraction = Fraction(1)
    around: Tuplet | None = None
    is_begun: bool = True
    ticks: int = 0
    used: int = 0


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


# staff of the part, voice from 0, bar, ticks, place among grace notes
Key = tuple[int, int, int, int, int]


@dataclass(slots=True)
class PartState:
    """What the staves of a part share.

    Attributes:
        part: to be filled; cast: who plays it; clock: of the score; version: of the file's format.
        heads: the sounds of each chord, by where it stands.
        slurs: number and where each ends; signs: where, and bits that a chord bears there.
        switches: from which place on which sound plays.
    """

    part: Part
    cast: Cast
    clock: Clock
    version: float
    heads: dict[Key, list[Sound]] = field(default_factory=dict)
    slurs: list[tuple[str, Key]] = field(default_factory=list)
    signs: list[tuple[Key, int, str]] = field(default_factory=list)
    switches: list[tuple[Place, str]] = field(default_factory=list)


class StaffWalk:
    """A walk along a staff.

    Args:
        state: of its part.
        number: of the staff in the part, from 1.
    """

    def __init__(self, state: PartState, number: int) -> None:
        self.state, self.part, self.number = state, state.part, number
        self.clock, self.left_out, self.version = state.clock, state.part.left_out, state.version
        self.leads = number == 1
        self.mark_staff = number if len(state.cast.staves) > 1 else 0
        self.bar, self.cursor, self.length = -1, 0, 0
        self.nominal = 4 * self.clock.ticks_per_quarter
        self.stretch = Fraction(1)
        self.start = 0  # of the bar, in ticks of the score
        self.voices: dict[int, Voice] = {}
        self.sounds: list[Sound] = []
        self.ottavas: list[Ottava] = []
        self._open: dict[str, tuple[str, Element, Place]] = {}
        self._numbered: dict[str, Tuplet] = {}
        self._counted = self._uncounted = 0
        self._slur = 0
        self._reached: list[int] = []

    def walk(self, staff: Element) -> None:
        """Take in all bars.

        Raises:
            FileFormatError: a number that no music has; the message names bar and part.
        """
        for measure in staff.iterfind("Measure"):
            if measure.find("multiMeasureRest") is None:  # else it stands for bars that follow
                self._measure(measure)
        end = Place(self.bar + 1, 0)
        for kind, element, start in self._open.values():
            self._span(kind, element, start, end)
        for start, end, octaves in self.ottavas:
            for sound in self.sounds:
                if sound.pitch is not None and start <= (sound.bar, sound.place) < end:
                    sound.pitch += 12 * octaves
                    sound.octave += octaves
        self.part.sounds += self.sounds
        if len(self.part.sounds) > MIDI_NOTES.high:
            raise FileFormatError(f"{self.part.name} has more than {MIDI_NOTES.high:,.0f} notes; split the file")

    def where(self) -> str:
        """The bar, as messages name it."""
        return f"bar {self.bar + 1} of {self.part.name}"

    def _place(self) -> Place:
        return Place(self.bar, self.cursor)

    # -- bars ----------------------------------------------------------------------------------------------------

    def _measure(self, measure: Element) -> None:
        self.bar += 1
        self.cursor = 0
        self.voices = {}
        self._reached = [0]
        own = measure.get("len")
        self.length = self.clock.text(own, self.where) if own else 0
        number = 0
        for child in measure:
            if child.tag == "voice":
                self.cursor = 0
                for element in child:
                    self._element(element, number)
                number += 1
            else:
                self._element(child, self._track(child))
        for voice in self.voices.values():  # what leads to the next bar
            self._settle(voice.graces + voice.after, voice.end)
        length = self._bar_length()
        if not 0 < length <= LONGEST_BAR_QUARTERS * self.clock.ticks_per_quarter:
            raise FileFormatError(f"{self.where()} is of no length that music has; save the file again in MuseScore")
        self.start += length
        if self.leads:
            self.part.lengths.append(length)
            self.part.bar_numbers.append(self._bar_number(measure, length))
            self._repeats(measure)

    def _bar_length(self) -> int:
        return self.length or self.nominal

    def _bar_number(self, measure: Element, length: int) -> str:
        self._counted += int(as_number(measure.findtext("noOffset")))
        if measure.find("irregular") is not None:
            self._uncounted += self.bar > 0
            return f"X{self._uncounted}" if self.bar else "0"
        self._counted += 1
        return str(self._counted)

    def _repeats(self, measure: Element) -> None:
        marks = self.part.marks
        if measure.find("startRepeat") is not None:
            marks.repeats.append((Place(self.bar, 0), False, 2))
        end = measure.findtext("endRepeat")
        if end is not None:
            marks.repeats.append((Place(self.bar, LAST_TICK), True, int(min(max(2, as_number(end, 2)), 99))))

    def _track(self, element: Element) -> int:
        track = element.findtext("track")
        return int(as_number(track)) % 4 if track else 0

    def _element(self, element: Element, number: int) -> None:
        tag = element.tag
        if tag == "Chord":
            self._chord(element, number)
        elif tag == "Rest":
            self._rest(element, number)
        elif tag == "location":
            self._move(element)
        elif tag == "tick":
            self._jump_to(element)
        elif tag in TAKERS and element.findtext("isCourtesy") != "1":
            place = self._place()
            if tag == "BarLine" and self.cursor >= self._bar_length():
                place = place._replace(ticks=LAST_TICK)
            TAKERS[tag](self.part, place, self.number if tag == "Clef" else self.mark_staff, element)
            self._switch(element)
        elif tag == "Spanner":
            self._spanner(element, number)
        elif tag == "Tuplet":
            self._tuplet(element, number)
        elif tag == "endTuplet":
            self._end_tuplet(number)
        elif tag == "endSpanner":
            self._end_numbered(element)
        elif tag in _SPANNERS and element.get("id"):
            self._open[element.get("id", "")] = (tag, element, self._place())
        elif tag in ("TimeSig", "KeySig", "Clef") and element.findtext("isCourtesy") == "1":
            pass  # what the next bar says
        elif tag == "TimeSig":
            self._meter(element)
        elif tag == "KeySig":
            self._key(element)
        elif tag == "Fermata":
            for sign in signs_of(element, self.state.version, self.left_out):
                self.state.signs.append((self._key_here(number), SIGN_BITS[sign], "fermatas on bar lines"))
        elif tag == "Breath":
            self._breath(element, number)
        elif tag == "InstrumentChange":
            self._change(element)
        elif tag in ("MeasureRepeat", "RepeatMeasure"):
            self.left_out[NAMED[tag]] += 1
            self._rest(element, number)
        elif tag == "Slur":
            pass  # its chords say where it begins and ends (MuseScore 2)
        elif isinstance(tag, str) and tag not in NOTHING:
            self.left_out[NAMED.get(tag, tag)] += 1

    # -- time ------------------------------------------------------------------------------------------------------

    def _move(self, element: Element) -> None:
        moved = element.findtext("fractions")
        if moved:
            self.cursor = max(0, self.cursor + self.clock.text(moved, self.where))

    def _jump_to(self, element: Element) -> None:
        """An absolute tick of MuseScore 2, 480 a quarter, rounded: a place that was there before is meant."""
        grid = self.clock.ticks_per_quarter
        at = round(as_number(element.text) * grid / 480) - self.start
        near = min(self._reached, key=lambda place: abs(place - at))
        self.cursor = near if abs(near - at) * 480 <= 2 * grid else max(0, min(at, self._bar_length()))

    def _advance(self, ticks: int) -> None:
        self.cursor += ticks
        self._reached.append(self.cursor)

    def _meter(self, element: Element) -> None:
        above, below = as_number(element.findtext("sigN")), as_number(element.findtext("sigD"))
        if not 0 < above <= 255 or below not in _METER_SIZES or above != int(above):
            raise FileFormatError(f"the meter in {self.where()} is none; save the file again in MuseScore")
        wide, narrow = (int(min(as_number(element.findtext(f"stretch{one}"), 1), 999)) for one in "ND")
        self.stretch = Fraction(wide, narrow) if wide > 0 < narrow else Fraction(1)
        whole = Fraction(int(above), int(below)) / self.stretch
        if self.stretch != 1:
            size = max(int(below), whole.denominator)
            above, below = (whole * size, size) if size in _METER_SIZES else (above, below)
        self.nominal = round(whole * 4 * self.clock.ticks_per_quarter)
        if self.leads:
            self.part.meters.append((self._place(), int(above), int(below)))

    def _key(self, element: Element) -> None:
        if not self.leads:
            return
        if element.findtext("custom") or element.find("KeySym") is not None:
            self.left_out["keys of single accidentals"] += 1
            return
        written = element.findtext("actualKey") or element.findtext("accidental")
        fifths = as_number(written or element.findtext("concertKey"))
        if written is None:
            fifths -= fifths_between(*self._up())
        mode = (element.findtext("mode") or "").strip()
        if mode not in ("", "none", "unknown", "major", "minor", "ionian", "aeolian"):
            self.left_out["church modes of keys"] += 1
        self.part.keys.append((self._place(), int(min(max(-14, fifths), 14)), mode in ("minor", "aeolian")))

    def _up(self) -> tuple[int, int]:
        here = self._place()
        found = (0, 0)
        for place, semitones, steps in self.part.transpositions:
            if place <= here:
                found = (semitones, steps)
        return found

    def _change(self, element: Element) -> None:
        """Another instrument from here on."""
        instrument = element.find("Instrument")
        TAKERS["StaffText"](self.part, self._place(), self.mark_staff, element)
        if instrument is None:
            return
        name = f"change {len(self.state.switches) + 1}"
        programs = programs_of(instrument, name)
        self.state.cast.player.programs.update(programs)
        if programs:
            self.state.switches.append((self._place(), name))
        up = transposition(instrument)
        if up != self._up():
            self.part.transpositions.append((self._place(), *up))

    def _switch(self, element: Element) -> None:
        """Words such as `pizz.` that bring another sound of the instrument."""
        for switch in element.findall("channelSwitch"):
            name = switch.get("name", "")
            known = self.state.cast.player.programs
            self.state.switches.append((self._place(), name if name in known else USUAL))

    # -- chords and rests --------------------------------------------------------------------------------------------

    def _voice(self, number: int) -> Voice:
        if number not in self.voices:
            self.voices[number] = Voice()
        return self.voices[number]

    def _key_here(self, number: int, grace: int = _MAIN) -> Key:
        return self.number, number, self.bar, self.cursor, grace

    def _base(self, written: Written, number: int, tuplet: Tuplet) -> Sound:
        """A sound with all that the notes of a chord share."""
        staff = min(max(1, self.number + written.moved), 255)
        actual, normal = (1, 1) if written.grace or tuplet.actual == tuplet.normal else (tuplet.actual, tuplet.normal)
        actual *= 1 + written.is_two
        sound = Sound(
            self.bar, self.cursor, self._duration(written, tuplet), voice=4 * (self.number - 1) % 252 + number + 1,
            staff=staff, value=BAR_REST if written.fills_bar else VALUES.get(written.value, 2), dots=written.dots,
            actual=min(actual, 255), normal=min(normal, 255), grace=written.grace, place=self.cursor,
        )  # fmt: skip
        sound.written = 0 if written.grace else sound.duration
        return sound

    def _duration(self, written: Written, tuplet: Tuplet) -> int:
        if written.grace:
            return 0
        if written.fills_bar:
            return self._bar_length()
        ratio = tuplet.ratio / self.stretch
        if written.length:
            return round(self.clock.text(written.length, self.where) * ratio)
        return self.clock.value(written.value, written.dots, ratio, self.where)

    def _rest(self, element: Element, number: int) -> None:
        written = read_written(element, self.state.version, self.left_out)
        if element.tag != "Rest":  # a bar that is repeated
            written.value = "measure"
        voice = self._voice(number)
        tuplet = self._tuplet_of(written, voice)
        sound = self._base(written, number, tuplet)
        sound.signs |= written.signs
        if written.lyrics:
            self.left_out[NAMED["Lyrics"]] += len(written.lyrics)
        self._take([sound], voice, tuplet, number)
        if element.findtext("gap") != "1":
            self.sounds.append(sound)

    def _chord(self, element: Element, number: int) -> None:
        written = read_written(element, self.state.version, self.left_out)
        voice = self._voice(number)
        tuplet = self._tuplet_of(written, voice)
        if voice.two_strokes and not written.grace:
            written.strokes, voice.two_strokes = voice.two_strokes, 0
            written.signs |= SIGN_BITS["tremolo"]
            written.is_two = True
        elif written.is_two:
            voice.two_strokes = written.strokes
        sounds, cues = self._notes(written, number, tuplet)
        if not sounds:
            if cues and not written.grace:  # they take time and do not sound
                self._take(cues, voice, tuplet, number)
            return
        self.sounds += sounds
        if written.arpeggio_staves:
            key = (self.number + written.arpeggio_staves, number, self.bar, self.cursor, _MAIN)
            self.state.signs.append((key, SIGN_BITS["arpeggio"], "arpeggios"))
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
        self.state.heads[self._key_here(number, voice.grace_count)] = sounds
        voice.grace_count += 1

    def _notes(self, written: Written, number: int, tuplet: Tuplet) -> tuple[list[Sound], list[Sound]]:
        """The notes of a chord that sound, and cues, which do not; signs stand on the first."""
        sounds: list[Sound] = []
        cues: list[Sound] = []
        pitches = Pitches(self._up(), self.state.cast.lines if self.state.cast.player.is_drum else None)
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
        self.state.heads.setdefault(self._key_here(number), sounds)
        self._settle(voice.graces, sound.onset)
        voice.graces, voice.after, voice.grace_count = voice.after, [], 0
        voice.last = sound
        open_ones = voice.tuplets[1:] if tuplet in voice.tuplets else _chain(tuplet)
        for one in open_ones:
            if not one.is_begun:
                sound.signs |= _START
                one.is_begun = True
            one.used += sound.duration
            if 0 < one.ticks <= one.used:
                sound.signs |= _STOP
        self._advance(sound.duration)
        voice.end = self.cursor

    def _settle(self, graces: list[Sound], place: int) -> None:
        if graces:
            settle_graces(graces, place, self.clock.ticks_per_quarter)

    def _slurs(self, sound: Sound, written: Written, number: int) -> None:
        for element in written.spanners:
            kind = element.get("type", "")
            if kind != "Slur":
                if element.find("next") is not None:
                    self.left_out[NAMED.get(kind, kind)] += 1
                continue
            end = self._end_of(element, number)
            if end is not None:
                self._slur += 1
                name = f"{self.number}.{self._slur}"
                sound.slurs.append((name, "start"))
                self.state.slurs.append((name, end))

    def _breath(self, element: Element, number: int) -> None:
        name = element.findtext("symbol") or element.findtext("subtype") or ""
        sign = "caesura" if "caesura" in name or name in ("2", "3") else "breath"
        if is_hidden(element):
            return
        last = self._voice(number).last
        if last is None or last.pitch is None:
            self.left_out["breath marks between notes"] += 1
        else:
            last.signs |= SIGN_BITS[sign]

    # -- tuplets -----------------------------------------------------------------------------------------------------

    def _tuplet(self, element: Element, number: int) -> None:
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
            tuplet.ticks = normal * self.clock.value(base, 0, around.ratio / self.stretch, self.where)
        self._numbered[identifier] = tuplet

    def _tuplet_of(self, written: Written, voice: Voice) -> Tuplet:
        return self._numbered.get(written.tuplet, voice.tuplets[-1]) if written.tuplet else voice.tuplets[-1]

    def _end_tuplet(self, number: int) -> None:
        voice = self._voice(number)
        if len(voice.tuplets) > 1:
            voice.tuplets.pop()
            if voice.last is not None:
                voice.last.signs |= _STOP

    # -- spanners ----------------------------------------------------------------------------------------------------

    def _end_of(self, spanner: Element, number: int) -> Key | None:
        """Where a spanner ends that begins here; None where it does not begin here."""
        location = spanner.find("next/location")
        if location is None:
            return None
        fractions = location.findtext("fractions")
        ticks = self.cursor + (self.clock.text(fractions, self.where) if fractions else 0)

        def told(tag: str, default: int) -> int:
            return int(min(max(-100_000, as_number(location.findtext(tag), default)), 100_000))

        return (self.number + told("staves", 0), number + told("voices", 0), max(0, self.bar + told("measures", 0)),
                max(0, ticks), told("grace", _MAIN))  # fmt: skip

    def _spanner(self, element: Element, number: int) -> None:
        kind = element.get("type", "")
        end, said = self._end_of(element, number), element.find(kind) if kind.isidentifier() else None
        if end is not None and said is not None:
            self._span(kind, said, self._place(), Place(end[2], end[3]), number)

    def _end_numbered(self, element: Element) -> None:
        begun = self._open.pop(element.get("id", ""), None)
        if begun is not None:
            self._span(*begun, self._place())

    def _span(self, kind: str, element: Element, start: Place, end: Place, number: int = 0) -> None:
        if kind == "Trill":
            key = (self.number, number, start.bar, start.ticks, _MAIN)
            self.state.signs.append((key, SIGN_BITS["trill"], "trills between notes"))
            return
        if kind not in _HELD_SPANNERS:
            self.left_out[NAMED.get(kind, kind)] += 1
        ottava = take_span(self.part, kind, element, start, end, self.mark_staff)
        if ottava is not None:
            self.ottavas.append(ottava)


def _chain(tuplet: Tuplet) -> list[Tuplet]:
    """A tuplet and those around it, without the outermost, which is none."""
    out = []
    now: Tuplet | None = tuplet
    while now is not None and now.around is not None:
        out.append(now)
        now = now.around
    return out
