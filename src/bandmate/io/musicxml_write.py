"""Scores as MusicXML 4.0: what a notation says, or what `score.notate` makes of what is played.

Playing goes along: a note's own velocity as `dynamics`, its distance from the page as `attack` and `release`, so that a
score that is read back sounds as it did.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bandmate.errors import ScoreError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.markup import storable
from bandmate.io.musicxml_directions import Item, items_of
from bandmate.io.musicxml_measures import Part
from bandmate.io.musicxml_tables import CREATORS
from bandmate.io.safe_xml import Element
from bandmate.limits import SCORE_PARTS
from bandmate.score.gm import DRUM_NAMES, PROGRAM_NAMES
from bandmate.score.model import Score, Track
from bandmate.score.notate import notated
from bandmate.score.timeline import bar_grid

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same score gives the same bytes


def write_musicxml(score: Score, path: str | Path) -> Path:
    """Write a score to a MusicXML file, zipped where its name ends in `.mxl`; whole or not at all.

    Raises:
        ScoreError: it has more parts or bars than a score holds.
        OutputError: the place cannot be written.
    """
    data = musicxml_bytes(score)
    return write_bytes_atomic(path, _zipped(data) if Path(path).suffix.lower() == ".mxl" else data)


def musicxml_bytes(score: Score) -> bytes:
    """A score as the bytes of a MusicXML document, the same for the same score.

    Raises:
        ScoreError: it has more parts or bars than a score holds.
    """
    score = notated(score)
    tracks = [track for track in score.tracks if len(track.notes)] or list(score.tracks[:1]) or [Track("Music")]
    if len(tracks) > SCORE_PARTS.high:
        most = f"{SCORE_PARTS.high:.0f}"
        raise ScoreError(f"the score has {len(tracks)} parts, more than the {most} of a MusicXML file; split it")
    root = Element("score-partwise", {"version": "4.0"})
    _heading(root, score)
    parts = ElementTree.SubElement(root, "part-list")
    bars = bar_grid(score)
    for number, track in enumerate(tracks, 1):
        _player(parts, track, f"P{number}")
    for number, track in enumerate(tracks, 1):
        items: list[Item] = items_of(score, track, first=number == 1)
        root.append(Part(score, track, f"P{number}", bars, items).element())
    ElementTree.indent(root, " ")
    return (_DOCTYPE + ElementTree.tostring(root, encoding="unicode") + "\n").encode("utf-8")


def _zipped(data: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER.encode()), ("score.musicxml", data)):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _heading(root: Element, score: Score) -> None:
    credits = score.notation.credits if score.notation else ()
    numbers = {credit.kind: credit.text for credit in credits}
    if "work-number" in numbers or score.title:
        work = ElementTree.SubElement(root, "work")
        _text(work, "work-number", numbers.get("work-number", ""))
        _text(work, "work-title", score.title)
    for kind in ("movement-number", "movement-title"):
        _text(root, kind, numbers.get(kind, ""))
    about = ElementTree.SubElement(root, "identification")
    for credit in credits:
        if credit.kind in CREATORS:
            _text(about, "creator", credit.text, type=credit.kind)
    for credit in credits:
        if credit.kind == "rights":
            _text(about, "rights", credit.text)
    encoding = ElementTree.SubElement(about, "encoding")
    for credit in credits:
        if credit.kind == "encoder":
            _text(encoding, "encoder", credit.text)
    _text(encoding, "software", "Bandmate")
    _text(about, "source", numbers.get("source", ""))
    if "subtitle" in numbers:  # MusicXML knows it as print alone
        _text(
            ElementTree.SubElement(about, "miscellaneous"), "miscellaneous-field", numbers["subtitle"], name="subtitle"
        )


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    if text:
        ElementTree.SubElement(parent, tag, attributes).text = storable(text)


def _player(parts: Element, track: Track, identifier: str) -> None:
    part = ElementTree.SubElement(parts, "score-part", {"id": identifier})
    ElementTree.SubElement(part, "part-name").text = storable(track.name)
    _text(part, "part-abbreviation", track.notation.abbreviation if track.notation else "")
    players = instruments_of(track, identifier)
    for instrument, (name, _, _) in players.items():
        one = ElementTree.SubElement(part, "score-instrument", {"id": instrument})
        ElementTree.SubElement(one, "instrument-name").text = name
    start = track.events[(track.events["ticks"] == 0) & (track.events["status"] == 0xB0)]
    mixed = {int(row["data1"]): int(row["data2"]) for row in start}
    for instrument, (_, program, key) in players.items():
        midi = ElementTree.SubElement(part, "midi-instrument", {"id": instrument})
        _text(midi, "midi-channel", str(track.channel + 1 if not track.is_drum else 10))
        _text(midi, "midi-program", str(program + 1))
        _text(midi, "midi-unpitched", "" if key < 0 else str(key + 1))
        if 7 in mixed:
            _text(midi, "volume", f"{mixed[7] / 1.27:.2f}")
        if 10 in mixed:
            _text(midi, "pan", f"{(mixed[10] - 64) * 90 / 64:.2f}")


def instruments_of(track: Track, identifier: str) -> dict[str, tuple[str, int, int]]:
    """The instruments of a part by their ids: name, program, MIDI key of a drum (else -1)."""
    if track.is_drum:
        keys = sorted({int(pitch) for pitch in track.notes["pitch"]})
        return {f"{identifier}-I{key}": (DRUM_NAMES.get(key, f"Drum {key}"), track.program, key) for key in keys} or {
            f"{identifier}-I1": ("Drums", track.program, -1)
        }
    changes: Any = track.events["data1"][(track.events["status"] == 0xC0) & (track.events["ticks"] > 0)]
    programs = dict.fromkeys([track.program, *changes.tolist()])
    return {f"{identifier}-I{program + 1}": (PROGRAM_NAMES[program], program, -1) for program in programs}
