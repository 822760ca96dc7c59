"""Every label of a piece in one pass: what the library stores, training conditions on and inspect prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from bandmate.analysis.chords import chords_of, pitched_notes, span_evidence
from bandmate.analysis.descriptors import bar_values, piece_values, piece_view, track_values
from bandmate.analysis.harmony import KeyEstimate, final_bass_of, key_of
from bandmate.analysis.meter import half_bar_edges, main_meter, score_bars
from bandmate.analysis.sections import Section, sections_of
from bandmate.analysis.texture import Floats
from bandmate.analysis.voices import RoleGuess, roles_of
from bandmate.score.model import Score
from bandmate.score.pitch import Chord


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What was measured in a score.

    Attributes:
        bars: BAR array; meter: the one most time is spent in.
        key, chords (two a bar), sections: of the piece; roles: one a track.
        piece: piece descriptors; tracks: track descriptors, one dict a track.
        track_bars: bar descriptors, one dict of float (n_bars,) a track; empty if they were not asked for.
    """

    bars: NDArray[Any]
    meter: tuple[int, int]
    key: KeyEstimate
    chords: tuple[Chord | None, ...]
    sections: tuple[Section, ...]
    roles: tuple[RoleGuess, ...]
    piece: dict[str, float]
    tracks: tuple[dict[str, float], ...]
    track_bars: tuple[dict[str, Floats], ...] = ()


def label(score: Score, *, use_program: bool = True, use_name: bool = True, bar_level: bool = True) -> Labels:
    """Measure a score.

    Args:
        score: any score.
        use_program: let General MIDI programs speak for roles.
        use_name: let track names speak for roles.
        bar_level: also measure every track bar by bar.
    """
    bars = score_bars(score)
    piece = piece_view(score, bars)
    notes = pitched_notes(score)
    evidence = span_evidence(notes, half_bar_edges(bars), score.ticks_per_quarter)
    return Labels(
        bars=bars,
        meter=main_meter(bars),
        key=key_of(evidence, final_bass_of(notes, score.ticks_per_quarter)),
        chords=chords_of(evidence),
        sections=sections_of(piece, evidence.chroma),
        roles=roles_of(piece, use_program=use_program, use_name=use_name),
        piece=piece_values(piece),
        tracks=tuple(track_values(v) for v in piece.tracks),
        track_bars=tuple(bar_values(v) for v in piece.tracks) if bar_level else (),
    )
