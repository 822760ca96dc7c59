"""An MEI document as the tree of a MusicXML document, for `io.musicxml_read`."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import lcm
from xml.etree.ElementTree import SubElement

from bandmate.errors import FileFormatError
from bandmate.io.mei.controls import Controls, Index
from bandmate.io.mei.document import Bar, Part, clef_of, key_of, leave_out, meter_of, music_of, text_of
from bandmate.io.mei.layers import Event, LayerWalk
from bandmate.io.mei.notes import note_elements
from bandmate.io.mei.tables import BARLINES, CREATORS
from bandmate.io.safe_xml import Element, as_number

_USUAL_TICKS, _MOST_DIVISIONS, _OTHERWISE = 480, 32767, 30240
_TITLES = ("fileDesc/titleStmt/title", "workList/*/title", "workDesc/*/titleStmt/title")
_REPEATED = {"mRpt": 1, "mRpt2": 2, "multiRpt": 2}  # bars that a sign repeats, where it does not say
_DRUM_CHANNEL = "9"  # MEI counts from 0


def musicxml_tree(root: Element, left_out: Counter[str], name: str) -> Element:
    """A MusicXML document of the music of an MEI document.

    Args:
        root: of the MEI document, as Verovio writes it; it is changed.
        left_out: where to count what is not held.
        name: what messages call it.

    Raises:
        FileFormatError: it holds no score with bars, or is nested too deep.
    """
    try:
        definition, parts, bars = music_of(root, left_out, name)
        return _Document(definition, parts, bars, left_out).tree(root)
    except RecursionError:
        raise FileFormatError(f"{name} is nested too deep to be read") from None


class _Document:
    """What all parts are made from."""

    def __init__(self, definition: Element, parts: list[Part], bars: list[Bar], left_out: Counter[str]) -> None:
        self.definition, self.parts, self.bars, self.left_out = definition, parts, bars, left_out
        self.voices: list[list[tuple[str, list[Event]]]] = []
        self.lengths: list[Fraction] = []
        self._signs: dict[
            tuple[str, int], tuple[int, int]
        ] = {}  # staff and layer -> bars that a sign repeats, and still will
        for bar in bars:
            voices, length = self._layers(bar)
            self.voices.append(voices)
            self.lengths.append(length)
        self.controls = Controls(bars, Index(self.voices), left_out, parts[0].staves[0])
        self.divisions = self._divisions()

    def _layers(self, bar: Bar) -> tuple[list[tuple[str, list[Event]]], Fraction]:
        """The voices of a bar, and its length: that of its longest voice, else as the meter says."""
        voices: list[tuple[str, list[Event]]] = []
        longest = Fraction(0)
        for staff in () if bar.measure is None else bar.measure.findall("staff"):
            number = staff.get("n", "")
            for place, layer in enumerate(staff.findall("layer")):
                walk = LayerWalk(bar, self.left_out, []).walk(layer)
                events = self._repeated(number, place, walk.events)
                longest = max([longest, walk.cursor, *(event.onset + event.length for event in events)])
                voices.append((number, events))
        return voices, longest or bar.quarters

    def _repeated(self, staff: str, place: int, events: list[Event]) -> list[Event]:
        """What stands in a layer: where it is a sign, what the bars that it repeats have there."""
        key = (staff, place)
        sign = next((event.element for event in events if event.element.tag in _REPEATED), None)
        back, left = self._signs.pop(key, (0, 0))
        if sign is not None and not (left and _REPEATED[sign.tag] > 1):
            back = int(as_number(sign.get("num"), 2)) if sign.tag == "multiRpt" else _REPEATED[sign.tag]
            left = back
        elif not left or any(event.element.tag not in (*_REPEATED, "space", "mSpace") for event in events):
            return events
        if left > 1:
            self._signs[key] = (back, left - 1)
        before = self.voices[-back] if 1 <= back <= len(self.voices) else []
        same = [events for one, events in before if one == staff][place : place + 1]
        if not same or not same[0]:
            leave_out(self.left_out, "mRpt")
        return same[0] if same else events

    def _divisions(self) -> int:
        """So many that every note begins and ends on one; signs go to the nearest of at least 480."""
        common = _USUAL_TICKS
        events = [event for layers in self.voices for _, events in layers for event in events]
        for place in {one.onset.denominator for one in events} | {one.length.denominator for one in events}:
            common = lcm(common, place)
        return common if common <= _MOST_DIVISIONS else _OTHERWISE

    def ticks(self, quarters: Fraction) -> str:
        return str(round(quarters * self.divisions))

    def tree(self, mei: Element) -> Element:
        """The document."""
        root = Element("score-partwise", {"version": "4.0"})
        _credits(root, mei)
        listed = SubElement(root, "part-list")
        for number, part in enumerate(self.parts, 1):
            _player(listed, part, f"P{number}")
        for number, part in enumerate(self.parts, 1):
            element = SubElement(root, "part", {"id": f"P{number}"})
            for place in range(len(self.bars)):
                self._measure(element, part, place, is_first_part=number == 1)
        return root

    def _measure(self, holder: Element, part: Part, place: int, *, is_first_part: bool) -> None:
        bar = self.bars[place]
        measure = SubElement(holder, "measure", {"number": bar.number})
        self._attributes(measure, part, bar, is_first=place == 0)
        if is_first_part:
            self._left_line(measure, place)
            for said in bar.said:
                if said.get("midi.bpm"):
                    SubElement(measure, "sound", {"tempo": said.get("midi.bpm") or ""})
        beside = [one for one in self.controls.beside[place] if one[0] in part.staves]
        if is_first_part:
            known = {staff for one in self.parts for staff in one.staves}
            beside += [one for one in self.controls.beside[place] if one[0] not in known]
        for staff, at, element in sorted(beside, key=lambda one: one[1]):
            if element.tag == "direction" and element.find("sound") is None and not element.findall("direction-type/*"):
                continue
            if staff in part.staves and len(part.staves) > 1:
                _append(element, "staff", str(part.staves.index(staff) + 1))
            _append(element, "offset", self.ticks(at))
            measure.append(element)
        self._notes(measure, part, place)
        if is_first_part:
            self._right_line(measure, place)

    def _notes(self, measure: Element, part: Part, place: int) -> None:
        layers = [(staff, events) for staff, events in self.voices[place] if staff in part.staves]
        counts: Counter[str] = Counter()
        for staff, events in layers or [(part.staves[0], [Event(Element("mRest"), Fraction(0))])]:
            row = part.staves.index(staff)
            counts[staff] += 1
            voice = f"{4 * row + counts[staff]}" if counts[staff] <= 4 else f"{staff}/{counts[staff]}"
            at = Fraction(0)
            for event in events:
                tag = event.element.tag
                length = self.lengths[place] if tag in ("mRest", "mSpace", "multiRest") else event.length
                if tag in ("clef", "keySig", "meterSig"):
                    said = SubElement(measure, "attributes")
                    self._define(said, event.element, row)
                elif tag in ("space", "mSpace", "mRpt", "mRpt2", "multiRpt"):
                    SubElement(SubElement(measure, "forward"), "duration").text = self.ticks(length)
                else:
                    measure.extend(
                        note_elements(event, self.ticks(length), voice, part.staves, staff, self.controls,
                                      self.left_out)
                    )  # fmt: skip
                at += length
            SubElement(SubElement(measure, "backup"), "duration").text = self.ticks(at)

    # -- what holds from a bar on ---------------------------------------------------------------------------------

    def _attributes(self, measure: Element, part: Part, bar: Bar, *, is_first: bool) -> None:
        said = SubElement(measure, "attributes")
        if is_first:
            SubElement(said, "divisions").text = str(self.divisions)
        for definition in bar.said:
            own = [one for one in definition.iter("staffDef") if one.get("n") in part.staves]
            if key_of(definition) and not any(key_of(one) for one in own):
                self._key(said, definition)
            if meter_of(definition) and not any(meter_of(one) for one in own):
                self._meter(said, definition)
            for one in own:
                self._define(said, one, part.staves.index(one.get("n", "")))
        if is_first and len(part.staves) > 1:
            SubElement(said, "staves").text = str(len(part.staves))
        if not len(said):
            measure.remove(said)

    def _define(self, said: Element, definition: Element, row: int) -> None:
        if row == 0 and key_of(definition):
            self._key(said, definition)
        if row == 0 and meter_of(definition):
            self._meter(said, definition)
        clef = clef_of(definition)
        if clef is not None:
            element = SubElement(said, "clef", {"number": str(row + 1)})
            SubElement(element, "sign").text = clef[0]
            if clef[1]:
                SubElement(element, "line").text = clef[1]
            if clef[2]:
                SubElement(element, "clef-octave-change").text = str(clef[2])
        if row == 0 and definition.get("trans.semi"):
            element = SubElement(said, "transpose")
            if definition.get("trans.diat"):
                SubElement(element, "diatonic").text = definition.get("trans.diat")
            SubElement(element, "chromatic").text = definition.get("trans.semi")

    def _key(self, said: Element, definition: Element) -> None:
        fifths, mode = key_of(definition) or (None, "")
        key = SubElement(said, "key")
        if fifths is not None:
            SubElement(key, "fifths").text = str(fifths)
        if mode:
            SubElement(key, "mode").text = mode

    def _meter(self, said: Element, definition: Element) -> None:
        meter = meter_of(definition)
        if meter is not None:
            time = SubElement(said, "time")
            SubElement(time, "beats").text, SubElement(time, "beat-type").text = meter[0], str(meter[1])

    # -- bar lines ------------------------------------------------------------------------------------------------

    def _line(self, place: int, side: str) -> str:
        """How the bar line of a bar looks, "" where there is none."""
        measure = self.bars[place].measure if 0 <= place < len(self.bars) else None
        return "" if measure is None else measure.get(side, "")

    def _left_line(self, measure: Element, place: int) -> None:
        bar, opening = self.bars[place], ("rptstart", "rptboth")
        forward = self._line(place, "left") in opening or self._line(place - 1, "right") in opening
        if forward or bar.turns:
            line = SubElement(measure, "barline", {"location": "left"})
            if forward:
                SubElement(line, "repeat", {"direction": "forward"})
            if bar.turns:
                SubElement(line, "ending", {"type": "start", "number": ",".join(map(str, bar.turns))})

    def _right_line(self, measure: Element, place: int) -> None:
        bar, right = self.bars[place], self._line(place, "right")
        style = BARLINES.get(right, "")
        backward = right in ("rptend", "rptboth") or self._line(place + 1, "left") in ("rptend", "rptboth")
        if not (style or backward or bar.ends):
            return
        line = SubElement(measure, "barline", {"location": "right"})
        if style:
            SubElement(line, "bar-style").text = style
        if bar.ends:
            SubElement(line, "ending", {"type": bar.ends, "number": "1"})
        if backward:
            SubElement(line, "repeat", {"direction": "backward"})


def _append(element: Element, tag: str, text: str) -> None:
    made = Element(tag)
    made.text = text
    element.append(made)


def _player(listed: Element, part: Part, identifier: str) -> None:
    player = SubElement(listed, "score-part", {"id": identifier})
    label = part.names.find("label")
    SubElement(player, "part-name").text = text_of(label) or part.names.get("label", "")
    SubElement(player, "part-abbreviation").text = text_of(part.names.find("labelAbbr"))
    sound = part.names.find("instrDef")
    if sound is None:
        sound = next((one.find("instrDef") for one in part.definitions if one.find("instrDef") is not None), None)
    if sound is None:
        return
    midi = SubElement(player, "midi-instrument", {"id": f"{identifier}-I1"})
    is_drum = sound.get("midi.channel") == _DRUM_CHANNEL
    if is_drum:
        SubElement(midi, "midi-channel").text = "10"
    number = as_number(sound.get("midi.instrnum"), -1)
    if 0 <= number <= 127 and not is_drum:
        SubElement(midi, "midi-program").text = str(int(number) + 1)


def _credits(root: Element, mei: Element) -> None:
    head = mei.find("meiHead")
    if head is None:
        return
    found = (text_of(one) for place in _TITLES for one in head.iterfind(place))
    title = next((text for text in found if text), "")
    if title:
        SubElement(SubElement(root, "work"), "work-title").text = title
    made = SubElement(root, "identification")
    for element in head.iter():
        kind = element.get("role", "") if element.tag in ("persName", "corpName", "name") else str(element.tag)
        if kind in CREATORS and text_of(element):
            kind = "lyricist" if kind == "librettist" else kind
            SubElement(made, "creator", {"type": kind}).text = text_of(element)
