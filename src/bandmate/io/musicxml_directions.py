"""What stands between notes, as MusicXML elements with their places: attributes, directions, chord symbols."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

from bandmate.io.markup import number, storable
from bandmate.io.musicxml_tables import FORTE, LEVELS, SUDDEN, TYPE_NAMES
from bandmate.io.safe_xml import Element
from bandmate.score.model import Score, Track
from bandmate.score.notation import ChordSymbol, Span, TempoWord
from bandmate.score.spelling import fifths_between, moved_name
from bandmate.score.timeline import plain_bpm

_ORDER = {"attributes": 0, "direction": 1, "harmony": 2}
_JUMP_TEXTS = {"da-capo": "D.C.", "dal-segno": "D.S.", "to-coda": "To Coda", "fine": "Fine"}
_JUMP_SOUNDS = {
    "da-capo": ("dacapo", "yes"), "dal-segno": ("dalsegno", "segno"), "to-coda": ("tocoda", "coda"),
    "fine": ("fine", "yes"), "segno": ("segno", "segno"), "coda": ("coda", "coda"),
}  # fmt: skip
_OCTAVES = {"8va": (8, "down"), "8vb": (8, "up"), "15ma": (15, "down"), "15mb": (15, "up"), "22ma": (22, "down"),
            "22mb": (22, "up")}  # fmt: skip
_AT_END = ("da-capo", "dal-segno", "to-coda", "fine")
_PEDAL, _DOWN = 64, 64


class Item(NamedTuple):
    """An element at a place; closes: it belongs to the bar that ends there, not to the one that begins."""

    ticks: int
    closes: bool
    rank: int
    element: Element


def items_of(score: Score, track: Track, *, first: bool) -> list[Item]:
    """Everything of a part that is no note, in its order; the first part bears what belongs to all."""
    items = [*_clefs(track), *_keys(score, track), *_marks(track), *_pedals(track)]
    if first:
        items += [*_tempos(score), *_jumps(score), *_chords(score, track)]
        items += [_direction(marker.ticks, "rehearsal", marker.text) for marker in score.markers if marker.text]
    return sorted(items, key=lambda item: (item.ticks, not item.closes, item.rank))


def up_at(track: Track, ticks: int) -> tuple[int, int]:
    """Semitones and steps that a part sounds above what is written, at a place."""
    found = (0, 0)
    for at, semitones, steps in track.notation.transpositions if track.notation else ():
        if at <= ticks:
            found = (semitones, steps)
    return found


def transpose_element(semitones: int, steps: int) -> Element:
    """The element that says so; octaves apart."""
    octaves = round(semitones / 12) if semitones % 12 == 0 else int(semitones / 12)
    element = Element("transpose")
    _sub(element, "diatonic", str(steps - 7 * octaves))
    _sub(element, "chromatic", str(semitones - 12 * octaves))
    if octaves:
        _sub(element, "octave-change", str(octaves))
    return element


def _sub(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    element = ElementTree.SubElement(parent, tag, {name.replace("_", "-"): value for name, value in attributes.items()})
    if text is not None:
        element.text = storable(text)
    return element


def _item(ticks: int, element: Element, *, closes: bool = False) -> Item:
    return Item(ticks, closes, _ORDER[element.tag], element)


def _direction(
    ticks: int,
    kind: str,
    text: str | None = None,
    staff: int = 0,
    *,
    closes: bool = False,
    sound: dict[str, str] | None = None,
    signs: dict[str, str] | None = None,
) -> Item:
    element = Element("direction")
    _sub(_sub(element, "direction-type"), kind, text, **(signs or {}))
    _finish(element, staff, sound)
    return _item(ticks, element, closes=closes)


def _finish(direction: Element, staff: int, sound: dict[str, str] | None) -> None:
    if staff:
        _sub(direction, "staff", str(staff))
    if sound:
        _sub(direction, "sound", **sound)


def _clefs(track: Track) -> list[Item]:
    out = []
    for ticks, staff, sign, line, octaves in track.notation.clefs if track.notation else ():
        element = Element("attributes")
        clef = _sub(element, "clef", number=str(staff))
        _sub(clef, "sign", sign)
        _sub(clef, "line", str(line))
        if octaves:
            _sub(clef, "clef-octave-change", str(octaves))
        out.append(_item(ticks, element))
    return out


def _keys(score: Score, track: Track) -> list[Item]:
    """Keys as the part is written, and its transpositions."""
    out = []
    for ticks, semitones, steps in track.notation.transpositions if track.notation else ():
        element = Element("attributes")
        element.append(transpose_element(semitones, steps))
        out.append(_item(ticks, element))
    changes = {int(row["ticks"]): row for row in score.keys}
    if not track.is_drum:
        for ticks, row in sorted(changes.items()):
            element = Element("attributes")
            key = _sub(element, "key")
            fifths = int(row["fifths"]) - fifths_between(*up_at(track, ticks))
            _sub(key, "fifths", str((fifths + 5) % 12 - 5 if not -7 <= fifths <= 7 else fifths))
            _sub(key, "mode", "minor" if row["minor"] else "major")
            out.append(_item(ticks, element))
    return out


def _marks(track: Track) -> list[Item]:
    written = track.notation
    if written is None:
        return []
    out = [_direction(words.ticks, "words", words.text, words.staff) for words in written.words]
    for ticks, mark, staff in written.dynamics:
        element = Element("direction")
        inner = _sub(_sub(element, "direction-type"), "dynamics")
        if mark in LEVELS or mark in SUDDEN:
            _sub(inner, mark)
        else:
            _sub(inner, "other-dynamics", mark)
        told = {"dynamics": number(round(LEVELS[mark] * 100 / FORTE, 2))} if mark in LEVELS else None
        _finish(element, staff, told)
        out.append(_item(ticks, element))
    for place, span in enumerate(written.spans):
        out += _span(span, place % 6 + 1)
    return out


def _span(span: Span, place: int) -> list[Item]:
    if span.kind in _OCTAVES:
        size, way = _OCTAVES[span.kind]
        kind, start, stop = "octave-shift", {"type": way, "size": str(size)}, {"type": "stop", "size": str(size)}
    else:
        kind, start, stop = "wedge", {"type": span.kind}, {"type": "stop"}
    apart = {"number": str(place)}
    end_closes = span.end_ticks > span.start_ticks
    return [
        _direction(span.start_ticks, kind, None, span.staff, signs=start | apart),
        _direction(span.end_ticks, kind, None, span.staff, closes=end_closes, signs=stop | apart),
    ]


def _pedals(track: Track) -> list[Item]:
    events = track.events
    out, is_down = [], False
    for row in events[(events["status"] == 0xB0) & (events["data1"] == _PEDAL)]:
        down = int(row["data2"]) >= _DOWN
        if down != is_down:
            out.append(
                _direction(int(row["ticks"]), "pedal", signs={"type": "start" if down else "stop", "line": "yes"})
            )
            is_down = down
    return out


def _tempos(score: Score) -> list[Item]:
    """A metronome mark where one was printed, else only what a player is told."""
    out = []
    printed: dict[int, list[TempoWord]] = {}
    for word in score.notation.tempo_words if score.notation else ():
        printed.setdefault(word.ticks, []).append(word)
    told = {int(row["ticks"]): plain_bpm(int(row["us_per_quarter"])) for row in score.tempos}
    for ticks in sorted({*printed, *told}):
        words = printed.get(ticks, [TempoWord(ticks)])
        for place, word in enumerate(words):
            out.append(_tempo(word, told.get(ticks) if place == 0 else None))
    return out


def _tempo(word: TempoWord, bpm: float | None) -> Item:
    sound = {} if bpm is None else {"tempo": number(bpm)}
    if not word.text and not word.per_minute:
        element = Element("direction")
        _sub(_sub(element, "direction-type"), "words")  # a direction must show something, if nothing
        _finish(element, 0, sound)
        return _item(word.ticks, element)
    element = Element("direction", {"placement": "above"})
    if word.text:
        _sub(_sub(element, "direction-type"), "words", word.text)
    if word.per_minute:
        metronome = _sub(_sub(element, "direction-type"), "metronome")
        _sub(metronome, "beat-unit", TYPE_NAMES[word.value])
        for _ in range(word.dots):
            _sub(metronome, "beat-unit-dot")
        _sub(metronome, "per-minute", number(word.per_minute))
    _finish(element, 0, sound)
    return _item(word.ticks, element)


def _jumps(score: Score) -> list[Item]:
    out = []
    for ticks, kind, text in score.notation.jumps if score.notation else ():
        name, value = _JUMP_SOUNDS[kind]
        closes = kind in _AT_END
        shown, told = ("words", text or _JUMP_TEXTS[kind]) if closes else (kind, None)
        out.append(_direction(ticks, shown, told, closes=closes, sound={name: value}))
    return out


def _chords(score: Score, track: Track) -> list[Item]:
    written = score.notation
    return [
        _item(chord.ticks, harmony_element(chord, -fifths_between(*up_at(track, chord.ticks))))
        for chord in (written.chords if written else ())
    ]


def harmony_element(chord: ChordSymbol, fifths: int = 0) -> Element:
    """A chord symbol, moved so many fifths from where it sounds to where it is written."""
    element = Element("harmony")
    root = _sub(element, "root")
    _name(root, "root", moved_name(chord.root, fifths) or "C")
    kind = _sub(element, "kind", chord.kind if chord.root else "none")
    if chord.shown or not chord.root:
        kind.set("text", storable(chord.shown or "N.C."))
    if chord.bass:
        _name(_sub(element, "bass"), "bass", moved_name(chord.bass, fifths))
    for degree in chord.degrees:
        found = re.fullmatch(r"(add|alter|subtract)(#*|b*)(\d+)", degree)
        if found:
            one = _sub(element, "degree")
            _sub(one, "degree-value", found[3])
            _sub(one, "degree-alter", str(found[2].count("#") - found[2].count("b")))
            _sub(one, "degree-type", found[1])
    return element


def _name(parent: Element, tag: str, name: str) -> None:
    _sub(parent, f"{tag}-step", name[0])
    alter = name.count("#") - name[1:].count("b")
    if alter:
        _sub(parent, f"{tag}-alter", str(alter))


def offset_element(item: Item, cursor: int) -> Element:
    """The item as it stands at a cursor: with the distance to its place, where it may say one."""
    away = item.ticks - cursor
    if away and item.element.tag != "attributes":
        place = next((n for n, child in enumerate(item.element) if child.tag in ("staff", "sound")), len(item.element))
        offset = Element("offset")
        offset.text = str(away)
        item.element.insert(place, offset)
    return item.element
