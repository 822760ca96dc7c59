"""One part of a score as MusicXML bars: voices one after the other, ties, tuplets, signs, bar lines."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from bandmate.io.markup import number, storable
from bandmate.io.musicxml_directions import Item, offset_element
from bandmate.io.musicxml_tables import FORTE, HEAD_NAMES, SIGN_PLACES, TYPE_NAMES
from bandmate.io.parts_loudness import Loudness
from bandmate.io.safe_xml import Element
from bandmate.score.model import Score, Track
from bandmate.score.notation import BAR_REST, SIGN_BITS, STEPS, TrackNotation

_sub = ElementTree.SubElement


class Part:
    """A part to be written.

    Args:
        score: with a notation.
        track: one of its tracks; one without a notation has no notes and is written as rests.
        identifier: of the part.
        bars: BAR array of the score.
        items: what stands between its notes.
    """

    def __init__(self, score: Score, track: Track, identifier: str, bars: NDArray[Any], items: list[Item]) -> None:
        self.score, self.track, self.identifier, self.bars = score, track, identifier, bars
        self.written = track.notation or TrackNotation(track.notes)
        self.items = items
        rows = self.written.rows
        self.rows = rows[np.lexsort((rows["grace"] == 0, rows["onset_ticks"], rows["voice"]))]
        pitched = self.rows["note"] >= 0
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        for place in sorted(np.flatnonzero(pitched).tolist(), key=lambda n: self.rows["onset_ticks"][n]):
            note = int(self.rows["note"][place])
            self._first.setdefault(note, place)
            self._last[note] = place
        dynamics = ((at, mark, 0) for at, mark, _ in self.written.dynamics)
        self._loudness = Loudness(dynamics, self.written.spans)
        self._signs: dict[tuple[int, int, int], int] = defaultdict(int)  # of chords: what stands on one note is for all
        for row in self.rows[pitched]:
            self._signs[_chord_of(row)] |= int(row["signs"])
        self._lyrics, self._slurs = defaultdict(list), defaultdict(list)
        for lyric in self.written.lyrics:
            self._lyrics[lyric.note].append(lyric)
        for place, (first, last) in enumerate(self.written.slurs):
            self._slurs[first].append((place, "start"))
            self._slurs[last].append((place, "stop"))
        self._slurs_open: dict[int, int] = {}
        changes = track.events[(track.events["status"] == 0xC0) & (track.events["ticks"] > 0)]
        self._programs = [(int(row["ticks"]), int(row["data1"])) for row in changes]

    def element(self) -> Element:
        """The part with all its bars."""
        part = Element("part", {"id": self.identifier})
        edges = [*self.bars["start_ticks"].tolist(), int(self.bars["start_ticks"][-1] + self.bars["length_ticks"][-1])]
        if len(edges) > 2 and edges[-2] < self.score.end_ticks < edges[-1]:
            edges[-1] = self.score.end_ticks  # the last bar may be as short as it was
        bar_of_row = np.clip(np.searchsorted(edges, self.rows["onset_ticks"], side="right") - 1, 0, len(edges) - 2)
        places: dict[int, list[int]] = defaultdict(list)
        for place, bar in enumerate(bar_of_row.tolist()):
            places[bar].append(place)
        items: dict[int, list[Item]] = defaultdict(list)
        for item in self.items:
            bar = int(np.searchsorted(edges, item.ticks, side="left" if item.closes else "right")) - 1
            items[min(max(0, bar), len(edges) - 2)].append(item)
        numbers = self._numbers(edges)
        meter: tuple[int, int] | None = None
        for bar, start in enumerate(edges[:-1]):
            measure = _sub(part, "measure", {"number": numbers[bar]})
            row = self.bars[bar]
            short = edges[bar + 1] - start < 4 * self.score.ticks_per_quarter * row["numerator"] // row["denominator"]
            if short and not self._is_named():
                measure.set("implicit", "yes")
            self._left(measure, start)
            now = (int(row["numerator"]), int(row["denominator"]))
            here = items[bar]
            at_start = [i for i in here if i.ticks <= start and not i.closes and i.element.tag == "attributes"]
            self._attributes(measure, bar == 0, now if now != meter else None, at_start)
            meter = now
            self._music(measure, start, edges[bar + 1], places[bar], [i for i in here if i not in at_start])
            self._right(measure, edges[bar + 1])
        return part

    def _is_named(self) -> bool:
        return bool(self.score.notation and self.score.notation.bar_numbers)

    def _numbers(self, edges: list[int]) -> list[str]:
        named = self.score.notation.bar_numbers if self.score.notation else ()
        if len(named) == len(edges) - 1:
            return [storable(one) or str(place) for place, one in enumerate(named, 1)]
        full = 4 * self.score.ticks_per_quarter * self.bars["numerator"][0] // self.bars["denominator"][0]
        first = 0 if edges[1] - edges[0] < full and len(edges) > 2 else 1
        return [str(place + first) for place in range(len(edges) - 1)]

    def _attributes(
        self, measure: Element, is_first: bool, meter: tuple[int, int] | None, items: list[Item]
    ) -> None:  # fmt: skip
        """One element for all that begins with the bar, in the order that MusicXML has."""
        parts: dict[str, list[Element]] = defaultdict(list)
        for item in items:
            for child in item.element:
                parts[child.tag].append(child)
        if not (is_first or meter or parts):
            return
        attributes = _sub(measure, "attributes")
        if is_first:
            _sub(attributes, "divisions").text = str(self.score.ticks_per_quarter)
        attributes.extend(parts["key"][-1:])
        if meter:
            time = _sub(attributes, "time")
            _sub(time, "beats").text, _sub(time, "beat-type").text = str(meter[0]), str(meter[1])
        if is_first and self.written.staves > 1:
            _sub(attributes, "staves").text = str(self.written.staves)
        last = {clef.get("number", "1"): clef for clef in parts["clef"]}
        attributes.extend(last[staff] for staff in sorted(last))
        attributes.extend(parts["transpose"][-1:])

    # -- bar lines -------------------------------------------------------------------------------------------------

    def _left(self, measure: Element, start: int) -> None:
        written = self.score.notation
        if written is None:
            return
        forward = any(repeat.ticks == start and not repeat.backward for repeat in written.repeats)
        endings = [volta for volta in written.voltas if volta.start_ticks == start]
        if not (forward or endings):
            return
        line = _sub(measure, "barline", {"location": "left"})
        if forward:
            _sub(line, "bar-style").text = "heavy-light"
        for volta in endings[:1]:
            _sub(line, "ending", {"number": ",".join(map(str, volta.turns)), "type": "start"})
        if forward:
            _sub(line, "repeat", {"direction": "forward"})

    def _right(self, measure: Element, end: int) -> None:
        written = self.score.notation
        if written is None:
            return
        backward = next((repeat for repeat in written.repeats if repeat.ticks == end and repeat.backward), None)
        endings = [volta for volta in written.voltas if volta.end_ticks == end]
        style = next((line.style for line in written.barlines if line.ticks == end), "")
        if not (backward or endings or style):
            return
        line = _sub(measure, "barline", {"location": "right"})
        if backward or style:
            _sub(line, "bar-style").text = style or "light-heavy"
        for volta in endings[:1]:
            kind = "discontinue" if volta.is_open else "stop"
            _sub(line, "ending", {"number": ",".join(map(str, volta.turns)), "type": kind})
        if backward:
            repeat = _sub(line, "repeat", {"direction": "backward"})
            if backward.times != 2:
                repeat.set("times", str(backward.times))

    # -- music -----------------------------------------------------------------------------------------------------

    def _music(self, measure: Element, start: int, end: int, places: list[int], items: list[Item]) -> None:
        voices: dict[int, list[int]] = defaultdict(list)
        for place in places:
            voices[int(self.rows["voice"][place])].append(place)
        cursor = start
        for line in [voices[voice] for voice in sorted(voices)] or [[]]:
            cursor = self._move(measure, cursor, start)
            before = -1
            for place in line:
                row = self.rows[place]
                is_chord = before >= 0 and self._together(before, place)
                if not is_chord:
                    cursor = self._move(measure, cursor, int(row["onset_ticks"]))
                    while items and items[0].ticks <= cursor and not (items[0].closes and items[0].ticks == end):
                        measure.append(offset_element(items.pop(0), cursor))
                measure.append(self._note(place, row, is_chord))
                if not is_chord:
                    cursor += int(row["duration_ticks"])
                before = place
            while items:
                measure.append(offset_element(items.pop(0), cursor))
        if cursor != end and (cursor > end or not places or self._reaches(places) < end):
            self._move(measure, cursor, end)

    def _reaches(self, places: list[int]) -> int:
        rows = self.rows[places]
        return int((rows["onset_ticks"] + rows["duration_ticks"]).max())

    def _move(self, measure: Element, cursor: int, to: int) -> int:
        if cursor != to:
            way = _sub(measure, "forward" if to > cursor else "backup")
            _sub(way, "duration").text = str(abs(to - cursor))
        return to

    def _together(self, one: int, two: int) -> bool:
        a, b = self.rows[one], self.rows[two]
        same = all(a[name] == b[name] for name in ("onset_ticks", "duration_ticks"))
        if not same or min(a["note"], b["note"]) < 0 or (a["grace"] > 0) != (b["grace"] > 0):
            return False
        onsets = self.track.notes["onset_ticks"]
        return not a["grace"] or bool(onsets[a["note"]] == onsets[b["note"]])

    def _note(self, place: int, row: Any, is_chord: bool) -> Element:
        note, is_rest = int(row["note"]), row["note"] < 0
        element = Element("note")
        is_first, is_last = self._first.get(note) == place, self._last.get(note) == place
        if not is_rest:
            self._played(element, row, is_first, is_last)
        if row["grace"]:
            _sub(element, "grace", {"slash": "yes"} if row["grace"] == 2 else {})
        if is_chord:
            _sub(element, "chord")
        self._sound(element, row, is_rest)
        if not row["grace"]:
            _sub(element, "duration").text = str(int(row["duration_ticks"]))
        if not is_rest and not is_first:
            _sub(element, "tie", {"type": "stop"})
        if not is_rest and not is_last:
            _sub(element, "tie", {"type": "start"})
        self._instrument(element, row, is_rest)
        _sub(element, "voice").text = str(int(row["voice"]))
        if row["value"] != BAR_REST:
            _sub(element, "type").text = TYPE_NAMES[int(row["value"])]
        for _ in range(int(row["dots"])):
            _sub(element, "dot")
        if row["actual"] != row["normal"]:
            ratio = _sub(element, "time-modification")
            _sub(ratio, "actual-notes").text = str(int(row["actual"]))
            _sub(ratio, "normal-notes").text = str(int(row["normal"]))
        for sign, name in HEAD_NAMES.items():
            if int(row["signs"]) & SIGN_BITS[sign]:
                _sub(element, "notehead").text = name
                break
        if self.written.staves > 1:
            _sub(element, "staff").text = str(int(row["staff"]))
        self._notations(element, row, is_rest, is_first, is_last)
        if is_first and not is_rest:
            self._words(element, note)
        return element

    def _played(self, element: Element, row: Any, is_first: bool, is_last: bool) -> None:
        note = self.track.notes[row["note"]]
        expected = self._loudness.of_note(int(row["onset_ticks"]), self._signs[_chord_of(row)])
        if is_first and note["velocity"] != expected:
            element.set("dynamics", number(round(int(note["velocity"]) * 100 / FORTE, 2)))
        if row["grace"]:
            return
        early = int(note["onset_ticks"] - row["onset_ticks"])
        late = int(note["onset_ticks"] + note["duration_ticks"] - row["onset_ticks"] - row["duration_ticks"])
        if is_first and early:
            element.set("attack", str(early))
        if is_last and late:
            element.set("release", str(late))

    def _sound(self, element: Element, row: Any, is_rest: bool) -> None:
        if is_rest:
            _sub(element, "rest", {"measure": "yes"} if row["value"] == BAR_REST else {})
            return
        drum = self.track.is_drum
        pitch = _sub(element, "unpitched" if drum else "pitch")
        _sub(pitch, "display-step" if drum else "step").text = STEPS[int(row["step"])]
        if row["alter"] and not drum:
            _sub(pitch, "alter").text = str(int(row["alter"]))
        _sub(pitch, "display-octave" if drum else "octave").text = str(int(row["octave"]))

    def _instrument(self, element: Element, row: Any, is_rest: bool) -> None:
        if is_rest:
            return
        note = self.track.notes[row["note"]]
        if self.track.is_drum:
            _sub(element, "instrument", {"id": f"{self.identifier}-I{int(note['pitch'])}"})
        elif self._programs:
            now = self.track.program
            for ticks, program in self._programs:
                if ticks <= note["onset_ticks"]:
                    now = program
            _sub(element, "instrument", {"id": f"{self.identifier}-I{now + 1}"})

    def _notations(self, element: Element, row: Any, is_rest: bool, is_first: bool, is_last: bool) -> None:
        signs = int(row["signs"])
        notations = Element("notations")
        if not is_rest and not is_first:
            _sub(notations, "tied", {"type": "stop"})
        if not is_rest and not is_last:
            _sub(notations, "tied", {"type": "start"})
        for slur, kind in self._slurs.get(int(row["note"]), ()):
            if (is_first and kind == "start") or (is_last and kind == "stop"):
                _sub(notations, "slur", {"number": str(self._slur_number(slur)), "type": kind})
        for kind in ("start", "stop"):
            if signs & SIGN_BITS[f"tuplet-{kind}"]:
                _sub(notations, "tuplet", {"type": kind})
        for group in ("ornaments", "technical", "articulations"):
            found = [name for name, sign in SIGN_PLACES[group].items() if signs & SIGN_BITS[sign]]
            if found:
                holder = _sub(notations, group)
                for name in found:
                    one = _sub(holder, name)
                    if name == "tremolo":
                        one.set("type", "single")
                        one.text = str(int(row["strokes"]) or 3)
        if signs & SIGN_BITS["fermata"]:
            _sub(notations, "fermata")
        if signs & SIGN_BITS["arpeggio"]:
            _sub(notations, "arpeggiate")
        if len(notations):
            element.append(notations)

    def _slur_number(self, slur: int) -> int:
        """The lowest number that no open slur bears, in the order of the file; at its other end its own."""
        if slur in self._slurs_open:
            return self._slurs_open.pop(slur)
        taken = set(self._slurs_open.values())
        self._slurs_open[slur] = next(number for number in range(1, len(taken) + 2) if number not in taken)
        return self._slurs_open[slur]

    def _words(self, element: Element, note: int) -> None:
        for lyric in self._lyrics.get(note, ()):
            one = _sub(element, "lyric", {"number": str(lyric.verse)})
            if lyric.text:
                kind = {(0, 0): "single", (1, 0): "begin", (1, 1): "middle", (0, 1): "end"}[lyric.joined, lyric.follows]
                _sub(one, "syllabic").text = kind
                _sub(one, "text").text = storable(lyric.text)
            if lyric.extends:
                _sub(one, "extend")


def _chord_of(row: Any) -> tuple[int, int, int]:
    return int(row["onset_ticks"]), int(row["voice"]), int(row["grace"])
