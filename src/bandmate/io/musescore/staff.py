"""One staff of a MuseScore score, walked bar by bar, voice by voice, into the sounds and marks of its part.

Since MuseScore 3 a bar holds its voices one after the other, tuplets enclose their notes, and spanners say how far away
they end. MuseScore 2 writes one stream a bar with absolute ticks, tracks and numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from bandmate.errors import FileFormatError
from bandmate.io.musescore.chords import signs_of
from bandmate.io.musescore.marks import TAKERS
from bandmate.io.musescore.players import USUAL, programs_of, transposition
from bandmate.io.musescore.repeated import RepeatedBars
from bandmate.io.musescore.spans import HELD_SPANNERS, SPANNERS, Ottava, take_span
from bandmate.io.musescore.state import Cursor, PartState, Spot
from bandmate.io.musescore.tables import NAMED, NOTHING
from bandmate.io.musescore.voices import Voices
from bandmate.io.parts import LAST_TICK, Place
from bandmate.io.safe_xml import Element, as_number
from bandmate.limits import MIDI_NOTES
from bandmate.score.notation import SIGN_BITS
from bandmate.score.spelling import fifths_between

_KNOWN_MODES = ("", "none", "unknown", "major", "minor", "ionian", "aeolian")


class StaffWalk:
    """A walk along a staff.

    Args:
        state: of its part.
        number: of the staff in the part, from 1.
    """

    def __init__(self, state: PartState, number: int) -> None:
        self.state, self.part, self.number = state, state.part, number
        self.left_out = state.part.left_out
        self.cursor = Cursor(state.clock, state.part.name)
        self.voices = Voices(state, number, self.cursor)
        self.repeated = RepeatedBars(self.voices)
        self._leads = number == 1
        self._mark_staff = number if len(state.cast.staves) > 1 else 0
        self._ottavas: list[Ottava] = []
        self._open: dict[str, tuple[str, Element, Place]] = {}
        self._counted = self._uncounted = 0
        voices = self.voices
        self._handlers: dict[str, Callable[[Element, int], object]] = {
            "Chord": voices.chord, "Rest": voices.rest, "Tuplet": voices.tuplet, "Breath": voices.breath,
            "endTuplet": lambda _, number: voices.end_tuplet(number), "location": lambda e, _: self.cursor.move(e),
            "tick": lambda e, _: self.cursor.jump_to(e), "Spanner": self._spanner, "endSpanner": self._end_numbered,
            "TimeSig": self._meter, "KeySig": self._key, "Fermata": self._fermata, "InstrumentChange": self._change,
            "MeasureRepeat": self.repeated.sign, "RepeatMeasure": self.repeated.sign,
            "Slur": lambda *_: None,  # its chords say where it begins and ends (MuseScore 2)
        }  # fmt: skip

    def walk(self, staff: Element) -> None:
        """Take in all bars.

        Raises:
            FileFormatError: a number that no music has; the message names bar and part.
        """
        for measure in staff.iterfind("Measure"):
            if measure.find("multiMeasureRest") is None:  # else it stands for bars that follow
                self._measure(measure)
        for kind, element, start in self._open.values():
            self._span(kind, element, start, Place(self.cursor.bar + 1, 0))
        for start, end, octaves in self._ottavas:
            for sound in self.voices.sounds:
                if sound.pitch is not None and start <= (sound.bar, sound.place) < end:
                    sound.pitch += 12 * octaves
                    sound.octave += octaves
        self.part.sounds += self.voices.sounds
        if len(self.part.sounds) > MIDI_NOTES.high:
            raise FileFormatError(f"{self.part.name} has more than {MIDI_NOTES.high:,.0f} notes; split the file")

    # -- bars ------------------------------------------------------------------------------------------------------

    def _measure(self, measure: Element) -> None:
        self.cursor.begin_bar(measure.get("len"))
        self.voices.begin_bar()
        number = 0
        for child in measure:
            if child.tag == "voice":
                self.cursor.ticks = 0
                for element in child:
                    self._element(element, number)
                number += 1
            else:
                self._element(child, _track(child))
        self.voices.end_bar()
        length = self.cursor.end_bar()
        self.repeated.end_bar(length)
        if self._leads:
            self.part.lengths.append(length)
            self.part.bar_numbers.append(self._bar_number(measure))
            self._repeats(measure)

    def _bar_number(self, measure: Element) -> str:
        """As MuseScore prints and exports it: a bar that does not count is X1, X2 ..., a pickup 0."""
        self._counted += int(as_number(measure.findtext("noOffset")))
        if measure.find("irregular") is not None:
            self._uncounted += self.cursor.bar > 0
            return f"X{self._uncounted}" if self.cursor.bar else "0"
        self._counted += 1
        return str(self._counted)

    def _repeats(self, measure: Element) -> None:
        repeats, bar = self.part.marks.repeats, self.cursor.bar
        if measure.find("startRepeat") is not None:
            repeats.append((Place(bar, 0), False, 2))
        end = measure.findtext("endRepeat")
        if end is not None:
            repeats.append((Place(bar, LAST_TICK), True, int(min(max(2, as_number(end, 2)), 99))))

    def _element(self, element: Element, number: int) -> None:
        tag = element.tag
        if not isinstance(tag, str) or element.findtext("isCourtesy") == "1":
            return  # a comment, or what the next bar says
        if tag in self._handlers:
            self._handlers[tag](element, number)
        elif tag in TAKERS:
            place = self.cursor.place
            if tag == "BarLine" and place.ticks >= self.cursor.bar_length:
                place = place._replace(ticks=LAST_TICK)
            TAKERS[tag](self.part, place, self.number if tag == "Clef" else self._mark_staff, element)
            self._switch(element)
        elif tag in SPANNERS and element.get("id"):
            self._open[element.get("id", "")] = (tag, element, self.cursor.place)
        elif tag not in NOTHING:
            self.left_out[NAMED.get(tag, tag)] += 1

    # -- what holds from here on -----------------------------------------------------------------------------------

    def _meter(self, element: Element, _: int) -> None:
        above, below = self.cursor.meter(element)
        if self._leads:
            self.part.meters.append((self.cursor.place, above, below))

    def _key(self, element: Element, _: int) -> None:
        if not self._leads:
            return
        if element.findtext("custom") or element.find("KeySym") is not None:
            self.left_out["keys of single accidentals"] += 1
            return
        written = element.findtext("actualKey") or element.findtext("accidental")
        fifths = as_number(written or element.findtext("concertKey"))
        if written is None:
            fifths -= fifths_between(*self.state.up_at(self.cursor.place))
        mode = (element.findtext("mode") or "").strip()
        self.left_out["church modes of keys"] += mode not in _KNOWN_MODES
        self.part.keys.append((self.cursor.place, int(min(max(-14, fifths), 14)), mode in ("minor", "aeolian")))

    def _change(self, element: Element, _: int) -> None:
        """Another instrument."""
        place = self.cursor.place
        TAKERS["StaffText"](self.part, place, self._mark_staff, element)
        instrument = element.find("Instrument")
        name = f"change {len(self.state.switches) + 1}"
        programs = programs_of(instrument, name)
        self.state.cast.player.programs.update(programs)
        if programs:
            self.state.switches.append((place, name))
        semitones, steps = (0, 0) if self.state.cast.at_concert_pitch else transposition(instrument)
        if instrument is not None and (semitones, steps) != self.state.up_at(place):
            self.part.transpositions.append((place, semitones, steps))

    def _switch(self, element: Element) -> None:
        """Words such as `pizz.` that bring another sound of the instrument."""
        known = self.state.cast.player.programs
        for switch in element.findall("channelSwitch"):
            name = switch.get("name", "")
            self.state.switches.append((self.cursor.place, name if name in known else USUAL))

    # -- signs and spans -------------------------------------------------------------------------------------------

    def _fermata(self, element: Element, number: int) -> None:
        for sign in signs_of(element, self.state.version, self.left_out):
            self.state.signs.append((self.voices.spot(number), SIGN_BITS[sign], "fermatas on bar lines"))

    def _spanner(self, element: Element, number: int) -> None:
        kind = element.get("type", "")
        end = self.cursor.end_of(element, self.number, number)
        said = next((child for child in element if child.tag == kind), None)
        if end is not None and said is not None:
            self._span(kind, said, self.cursor.place, Place(end.bar, end.ticks), number)

    def _end_numbered(self, element: Element, _: int) -> None:
        begun = self._open.pop(element.get("id", ""), None)
        if begun is not None:
            self._span(*begun, self.cursor.place)

    def _span(self, kind: str, element: Element, start: Place, end: Place, number: int = 0) -> None:
        if kind == "Trill":
            spot = Spot(self.number, number, start.bar, start.ticks)
            self.state.signs.append((spot, SIGN_BITS["trill"], "trills between notes"))
            return
        if kind not in HELD_SPANNERS:
            self.left_out[NAMED.get(kind, kind)] += 1
        ottava = take_span(self.part, kind, element, start, end, self._mark_staff)
        if ottava is not None:
            self._ottavas.append(ottava)


def _track(element: Element) -> int:
    """The voice that an element of MuseScore 2 says it is of."""
    track = element.findtext("track")
    return int(as_number(track)) % 4 if track else 0
