"""Sketch form: the sections that a song from a sketch shall have, and which bars of the sketch each goes round in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import place as placed
from bandmate.analysis.meter import score_bars
from bandmate.analysis.sections import find_sections
from bandmate.errors import BriefError
from bandmate.groovebook.form import kind_of
from bandmate.limits import BARS
from bandmate.score.model import Score

_LABELS = ("intro", "verse", "prechorus", "chorus", "drop", "build", "bridge", "break", "breakdown", "solo", "outro",
           "hook", "theme", "coda", "interlude", "head", "a", "b", "c", "d")  # fmt: skip
_BY_LETTER = _LABELS.index("a")  # from here on sections are letters, which say nothing of their kind
_BAND = 0.75  # of those who play a chorus must play a verse, too: an intro of one track is none
_ALIASES = {"pre-chorus": "prechorus", "refrain": "chorus", "middle": "bridge", "middle8": "bridge", "ending": "outro"}


@dataclass(frozen=True, slots=True)
class FormPart:
    """One section that is asked for: its label and how many bars."""

    label: str
    bars: int


def parse_form(text: str) -> tuple[FormPart, ...]:
    """Read `intro 4, verse 8, chorus 8`.

    Raises:
        BriefError: a section is not understood, or there are too many bars; the message names it.
    """
    parts = []
    for word in filter(None, (piece.strip() for piece in re.split(r"[,;|]", text))):
        match = re.fullmatch(r"([A-Za-z][A-Za-z -]*?)\s*(?:\d(?=\s+\d))?\s*(\d{1,4})(?:\s*bars?)?", word)
        label = _ALIASES.get(match[1].lower().replace(" ", ""), match[1].lower().replace(" ", "")) if match else ""
        if not match or label not in _LABELS:
            raise BriefError(
                f"section '{word}' of the form is not understood; write it like 'verse 8', "
                f"with one of {', '.join(_LABELS[:11])}"
            )
        parts.append(FormPart(label, int(BARS.check(int(match[2])))))
    if not parts:
        raise BriefError('the form is empty; write it like "intro 4, verse 8, chorus 8, outro 4"')
    BARS.check(sum(part.bars for part in parts))
    return tuple(parts)


def pools_of(score: Score) -> dict[str, tuple[int, int]]:
    """For each kind of section which bars of the sketch it goes round in: (first, how many).

    A sketch whose markers name its sections lends a verse to verses and a chorus to choruses. One that has sections
    without names lends its fullest to choruses and another one, in which most of the band plays, to the rest.
    """
    bars = score_bars(score)
    return _heard_pools(score, bars) | _named_pools(score, bars)


def _named_pools(score: Score, bars: NDArray[Any]) -> dict[str, tuple[int, int]]:
    """The longest section of each kind among those that markers name; ways in and out are made of verses."""
    edges = [*placed(np.array([m.ticks for m in score.markers], np.int64), bars).bar.tolist(), len(bars)]
    filled = placed(np.concatenate([track.notes["onset_ticks"] for track in score.tracks]), bars).bar
    pools: dict[str, tuple[int, int]] = {}
    for marker, (first, after) in zip(score.markers, pairwise(edges), strict=True):
        label = re.sub(r"[^a-z]", "", marker.text.lower())
        kind, many = kind_of(label), int(after - first) if ((filled >= first) & (filled < after)).any() else 0
        if label in _LABELS[:_BY_LETTER] and kind in ("low", "high", "break") and many > pools.get(kind, (0, 1))[1]:
            pools[kind] = (int(first), many)
    return pools


def _heard_pools(score: Score, bars: NDArray[Any]) -> dict[str, tuple[int, int]]:
    onsets = np.concatenate([track.notes["onset_ticks"] for track in score.tracks])
    filled = np.unique(placed(onsets, bars).bar)
    first, count = int(filled[0]), int(filled[-1] - filled[0]) + 1  # empty bars at its ends are no music
    found = [s for s in find_sections(score) if s.bars >= 4] if count >= 16 else []
    if len({s.label[0] for s in found}) < 2:
        return {"low": (first, count)}
    full = max(found, key=lambda s: (s.energy, s.start_bar))
    others = [s for s in found if s.label[0] != full.label[0]]
    calm = next((s for s in others if s.roles_playing >= _BAND * full.roles_playing), full)
    pools = {"high": (full.start_bar, full.bars), "low": (calm.start_bar, calm.bars)}
    third = [s for s in others if s.label[0] != calm.label[0]]
    return pools | ({"break": (third[0].start_bar, third[0].bars)} if third else {})
