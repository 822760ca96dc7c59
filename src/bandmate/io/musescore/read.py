"""MuseScore files read: what sounds as notes, what is written as a notation (see `score.notation`).

    file ──file──> tree ──players, staff, voices, chords, notes, marks, spans──> parts ──io.parts_score──> Score

- One Track a part; a part's staves are one. Ties are joined. Repeats stay signs (`score.repeats.expand_repeats`).
- Pitches sound as MuseScore stores them, at concert pitch and under octave lines where they sound; spelling is as
  written. Grace notes and dynamics sound as those of MusicXML do (`io.parts`, `io.parts_loudness`).
- Excerpts (parts of single players) are not read: the main score holds all they hold.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.musescore.clock import Clock, clock_of
from bandmate.io.musescore.file import read_tree
from bandmate.io.musescore.players import USUAL, Cast, casts_of
from bandmate.io.musescore.staff import StaffWalk
from bandmate.io.musescore.state import PartState
from bandmate.io.musescore.tables import CREDITS, NAMED
from bandmate.io.musescore.texts import words_of
from bandmate.io.parts import LAST_TICK, Part, Place, Player
from bandmate.io.parts_score import score_of_parts
from bandmate.io.safe_xml import Element
from bandmate.score.model import Score
from bandmate.score.notation import SIGN_BITS, Credit

_TITLES = (
    ("workTitle", "work-title"), ("movementTitle", "movement-title"), ("movementNumber", "movement-number"),
    ("workNumber", "work-number"),
)  # fmt: skip


def read_musescore(path: str | Path) -> Score:
    """Read a MuseScore file, `.mscx` or zipped `.mscz`, of MuseScore 2, 3 or 4.

    Raises:
        FileFormatError: it is missing, too large, damaged, dangerous (entities, bombs), no MuseScore file, or holds
            numbers that no music has.
    """
    tree, version = read_tree(path)
    return score_of_tree(tree, version, str(path))


def score_of_tree(score: Element, version: float, name: str = "MuseScore") -> Score:
    """A score from the score element of a MuseScore file.

    Raises:
        FileFormatError: as `read_musescore`.
    """
    left_out, clock = Counter[str](), clock_of(score)
    staves = dict(enumerate(score.findall("Staff"), 1))
    played: list[tuple[Part, Player]] = []
    for number, cast in enumerate(casts_of(score, left_out), 1):
        called = f"part {cast.player.name or number} of {name}"
        part = _part(cast, [staves[one] for one in cast.staves if one in staves], called, clock, version, left_out)
        if part.lengths:
            played.append((part, cast.player))
    if not played:
        raise FileFormatError(f"{name} holds no part with bars in it; save it again in MuseScore")
    credits, title = _credits(score)
    return score_of_parts(played, title, credits, name)


def _part(
    cast: Cast, staves: list[Element], name: str, clock: Clock, version: float, left_out: Counter[str]
) -> Part:  # fmt: skip
    part = Part(name, clock.ticks_per_quarter, left_out, staves=max(1, len(staves)))
    start = Place(0, 0)
    if cast.up != (0, 0):
        part.transpositions.append((start, *cast.up))
    part.clefs += [(start, number, *clef) for number, clef in enumerate(cast.clefs, 1)]
    state = PartState(part, cast, clock, version)
    for number, staff in enumerate(staves, 1):
        StaffWalk(state, number).walk(staff)
    said = {clef[1] for clef in part.clefs[len(cast.clefs) :] if clef[0] == start}
    part.clefs[: len(cast.clefs)] = [clef for clef in part.clefs[: len(cast.clefs)] if clef[1] not in said]
    last = len(part.lengths) - 1
    if not any(place.bar == last for place, _ in part.marks.styles):  # what MuseScore draws without being told
        part.marks.styles.append((Place(last, LAST_TICK), "light-heavy"))
    if not cast.player.is_drum and not any(place == start for place, _, _ in part.keys):
        part.keys.insert(0, (start, 0, False))
    _finish(state)
    return part


def _finish(state: PartState) -> None:
    """What can be told only when all staves of a part are read: ends of slurs, signs at places, changes of sound."""
    left_out = state.part.left_out
    for name, key in state.slurs:
        found = state.heads.get(key)
        if found is None or found[0].pitch is None:
            left_out[NAMED["Slur"]] += 1
        else:
            found[0].slurs.append((name, "stop"))
    for key, bits, otherwise in state.signs:
        sounds = state.heads.get(key)
        if sounds is None:
            left_out[otherwise] += 1
            continue
        for sound in sounds if bits == SIGN_BITS["arpeggio"] else sounds[:1]:
            sound.signs |= bits
    switches = sorted(state.switches, key=lambda one: one[0])
    places = [place for place, _ in switches]
    for sound in state.part.sounds if switches else ():
        at = bisect_right(places, Place(sound.bar, sound.place)) - 1
        sound.instrument = switches[at][1] if at >= 0 else USUAL


def _credits(score: Element) -> tuple[tuple[Credit, ...], str]:
    told = {tag.get("name", ""): " ".join((tag.text or "").split()) for tag in score.findall("metaTag")}
    printed: dict[str, str] = {}
    for text in score.iterfind("Staff/VBox/Text"):
        style = (text.findtext("style") or "").strip().lower()
        printed.setdefault(style, words_of(text.find("text")))
    titles = [(kind, told.get(name, "")) for name, kind in _TITLES]
    title = next((text for _, text in titles[:2] if text), "") or printed.get("title", "")
    found = [Credit(kind, text) for kind, text in titles if text and text != title]
    for name, kind in CREDITS:
        text = told.get(name) or (printed.get(name, "") if name in ("composer", "lyricist") else "")
        if text:
            found.append(Credit(kind, text))
    return tuple(dict.fromkeys(found)), title
