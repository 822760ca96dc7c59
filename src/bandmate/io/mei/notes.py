"""Single notes, chords and rests of an MEI layer as MusicXML notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import SubElement

from bandmate.io.mei.controls import Controls
from bandmate.io.mei.document import leave_out, text_of
from bandmate.io.mei.layers import Event
from bandmate.io.mei.tables import ALTERS, ARTICULATIONS, HEADS, TECHNICAL, XML_ID
from bandmate.io.safe_xml import Element, as_number

_KNOWN = ("accid", "artic", "verse", "syl", "dot", "note")
_E4 = 4 * 7 + 2  # the lowest line of a staff, in steps; `loc` counts from it
_LETTERS = "CDEFGAB"


def note_elements(
    event: Event, duration: str, voice: str, staves: tuple[str, ...], staff: str, controls: Controls,
    left_out: Counter[str],
) -> Iterator[Element]:  # fmt: skip
    """The MusicXML notes of a note, chord or rest.

    Args:
        event: what stands there.
        duration: in divisions.
        voice: as MusicXML names it.
        staves: of the part.
        staff: the one of this voice.
        controls: what hangs on notes.
        left_out: where to count what is not held.
    """
    element = event.element
    notes = element.findall("note") if element.tag == "chord" else [element]
    for place, one in enumerate(notes):
        for child in {id(child): child for child in (*element, *one)}.values() if not place else one:
            if child.tag not in _KNOWN:
                leave_out(left_out, child.tag)
        made = Element("note")
        if event.grace:
            SubElement(made, "grace", {"slash": "yes"} if event.grace == 2 else {})
        if element.get("cue") == "true" or one.get("cue") == "true":
            SubElement(made, "cue")
        if place:
            SubElement(made, "chord")
        _pitch(made, one, left_out)
        if not event.grace:
            SubElement(made, "duration").text = duration
        names = [one.get(XML_ID, ""), element.get(XML_ID, "")]
        for kind in sorted({kind for name in names for kind in controls.ties.get(name, ())}, reverse=True):
            SubElement(made, "tie", {"type": kind})
        SubElement(made, "voice").text = voice
        _look(made, event, one, staves, staff)
        _notations(made, event, one, controls, names if not place else names[:1], is_first=not place)
        _words(made, [one, element] if element is not one and not place else [one])
        yield made


def _pitch(made: Element, note: Element, left_out: Counter[str]) -> None:
    if note.tag in ("rest", "mRest", "multiRest"):
        SubElement(made, "rest", {} if note.tag == "rest" else {"measure": "yes"})
        return
    if not any(note.get(said) for said in ("pname", "loc", "ploc")):
        left_out["notes without a pitch"] += 1
        SubElement(made, "rest")
        return
    letter = (note.get("pname") or "").upper()
    if letter:
        pitch = SubElement(made, "pitch")
        SubElement(pitch, "step").text = letter
        alter = _alter(note)
        if alter:
            SubElement(pitch, "alter").text = f"{alter:g}"
        SubElement(pitch, "octave").text = note.get("oct.ges") or note.get("oct") or "4"
        return
    steps = _E4 + int(as_number(note.get("loc"), 0))
    unpitched = SubElement(made, "unpitched")
    SubElement(unpitched, "display-step").text = (note.get("ploc") or _LETTERS[steps % 7]).upper()
    SubElement(unpitched, "display-octave").text = note.get("oloc") or str(steps // 7)


def _alter(note: Element) -> float:
    """Semitones: as it sounds where that is said, else as its sign says."""
    holders = [note, *note.findall("accid")]
    for attribute in ("accid.ges", "accid"):
        said = next((one.get(attribute) for one in holders if one.get(attribute)), None)
        if said is not None:
            return ALTERS.get(said, 0)
    return 0


def _look(made: Element, event: Event, note: Element, staves: tuple[str, ...], staff: str) -> None:
    if event.value:
        SubElement(made, "type").text = event.value
    for _ in range(event.dots):
        SubElement(made, "dot")
    if event.actual != event.normal:
        ratio = SubElement(made, "time-modification")
        SubElement(ratio, "actual-notes").text, SubElement(ratio, "normal-notes").text = (
            str(event.actual), str(event.normal),
        )  # fmt: skip
    head = HEADS.get(note.get("head.shape") or "")
    if head:
        SubElement(made, "notehead").text = head
    own = note.get("staff") or event.element.get("staff") or staff
    SubElement(made, "staff").text = str(staves.index(own if own in staves else staff) + 1)


def _notations(
    made: Element, event: Event, note: Element, controls: Controls, names: list[str], *, is_first: bool
) -> None:
    found: dict[str, list[Element]] = {"": []}
    for name in dict.fromkeys(names):
        for group, sign in controls.signs.get(name, ()):
            found.setdefault(group, []).append(sign)
    holders = {id(one): one for one in ((note, event.element) if is_first else (note,))}.values()
    for holder in holders:
        for said in (holder, *holder.findall("artic")):
            for word in (said.get("artic") or "").split():
                tag = ARTICULATIONS.get(word, word)
                found.setdefault("technical" if tag in TECHNICAL else "articulations", []).append(Element(tag))
    if is_first:
        found[""] += [Element("tuplet", {"type": kind}) for kind in event.edges]
        if event.strokes:
            tremolo = Element("tremolo", {"type": "single"})
            tremolo.text = str(event.strokes)
            found.setdefault("ornaments", []).append(tremolo)
    if not any(found.values()):
        return
    notations = SubElement(made, "notations")
    notations.extend(found.pop(""))
    for group, signs in found.items():
        SubElement(notations, group).extend(signs)


def _words(made: Element, holders: list[Element]) -> None:
    for holder in holders:
        for verse in [*holder.findall("verse"), *([holder] if holder.find("syl") is not None else [])]:
            syllables = verse.findall("syl")
            text = " ".join(text_of(one) for one in syllables).strip()
            last = syllables[-1] if syllables else Element("syl")
            kind = {"i": "begin", "m": "middle", "t": "end"}.get(last.get("wordpos") or "", "")
            lyric = SubElement(made, "lyric", {"number": verse.get("n") or "1"} if verse is not holder else {})
            SubElement(lyric, "syllabic").text = kind or ("begin" if last.get("con") == "d" else "single")
            SubElement(lyric, "text").text = text
            if last.get("con") == "u":
                SubElement(lyric, "extend")
