"""MusicXML files read: what sounds as notes, what is written as a notation (see `score.notation`).

    file ──musicxml_file──> tree ──musicxml_part, musicxml_marks──> parts ──parts_score, parts_track──> Score

- One Track a part. Ties are joined: one note sounds. Repeats stay signs (`score.repeats.expand_repeats` plays them).
- Grace notes sound before the note they lead to, an eighth of a quarter each. Cue notes do not sound.
- Loudness: dynamics by the table of `musicxml_tables.LEVELS`, straight through hairpins, more under accents; a note
  that says its own (`dynamics`, per cent of forte) has that.
- Transposing instruments sound at concert pitch, and keys and chord symbols are those of concert pitch.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.musicxml_attributes import divisions_of
from bandmate.io.musicxml_file import read_tree
from bandmate.io.musicxml_part import PartWalk
from bandmate.io.musicxml_players import players_of
from bandmate.io.musicxml_tables import CREATORS
from bandmate.io.parts import Player
from bandmate.io.parts_score import fitting_ticks, score_of_parts
from bandmate.io.safe_xml import Element
from bandmate.limits import SCORE_PARTS
from bandmate.score.model import Score
from bandmate.score.notation import Credit


def read_musicxml(path: str | Path) -> Score:
    """Read a MusicXML file, `.musicxml`, `.xml` or zipped `.mxl`, by part or by time.

    Raises:
        FileFormatError: it is missing, too large, damaged, dangerous (entities, foreign document types, bombs), no
            MusicXML, or holds numbers that no music has.
    """
    return score_of_tree(read_tree(path), str(path))


def score_of_tree(root: Element, name: str = "MusicXML", left_out: Counter[str] | None = None) -> Score:
    """A score from the root of a MusicXML document written part by part.

    Args:
        root: of the document.
        name: what messages call it.
        left_out: what was already found that a Score does not hold.

    Raises:
        FileFormatError: as `read_musicxml`.
    """
    grid, left_out = _ticks_per_quarter(root, name), left_out if left_out is not None else Counter[str]()
    players = players_of(root, left_out)
    walks = []
    parts = root.findall("part")
    if len(parts) > SCORE_PARTS.high:
        raise FileFormatError(f"{name} has {len(parts):,} parts, more than {SCORE_PARTS.high:.0f}; split it")
    for number, part in enumerate(parts, 1):
        identifier = part.get("id", "")
        walks.append((PartWalk(f"part {identifier or number} of {name}", grid, left_out).walk(part),
                      players.get(identifier, Player())))  # fmt: skip
    if not walks:
        raise FileFormatError(f"{name} holds no part; export it again as MusicXML")
    for child in root:
        if child.tag in ("defaults", "credit", "part-group"):
            left_out["page layout" if child.tag != "part-group" else "braces"] += 1
    credits, title = _credits(root)
    return score_of_parts(walks, title, credits, name)


def _ticks_per_quarter(root: Element, name: str) -> int:
    """A resolution in which every part's divisions are whole ticks."""
    return fitting_ticks({divisions_of(one, name) for one in root.iter("divisions")})


_OTHERS = {"encoder": "encoding/encoder", "subtitle": "miscellaneous/miscellaneous-field[@name='subtitle']"}


def _credits(root: Element) -> tuple[tuple[Credit, ...], str]:
    texts = [(place, " ".join((root.findtext(place) or "").split()))
             for place in ("work/work-title", "movement-title", "movement-number", "work/work-number")]  # fmt: skip
    title = next((text for _, text in texts[:2] if text), "")
    found = [Credit(place.rpartition("/")[2], text) for place, text in texts if text and text != title]
    for tag in ("creator", "rights", "source"):
        for element in root.iterfind(f"identification/{tag}"):
            kind = element.get("type", "").strip().lower()
            text = " ".join((element.text or "").split())
            if text:
                found.append(Credit((kind if kind in CREATORS else "composer") if tag == "creator" else tag, text))
    for kind, place in _OTHERS.items():
        texts = (" ".join((one.text or "").split()) for one in root.iterfind(f"identification/{place}"))
        found += [Credit(kind, text) for text in texts if text]
    return tuple(dict.fromkeys(found)), title
