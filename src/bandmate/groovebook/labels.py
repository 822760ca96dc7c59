"""Labels: what is known of a piece because it was planned so."""

from __future__ import annotations

from typing import Any

from bandmate.score.plan import Plan


def labels_of(plan: Plan, source: str) -> dict[str, Any]:
    """The facts of a plan as plain data for a training set.

    Returns:
        source, genre, moods, key name, tempo (BPM), meter "4/4", bars, sections [(label, start_bar, bars, energy)],
        chords two a bar by name, roles and programs per track, energy (the highest section's), loop.
    """
    flats = plan.key.uses_flats
    return {
        "source": source,
        "genre": plan.genre,
        "moods": list(plan.brief.moods),
        "key": plan.key.name,
        "tempo": plan.tempo,
        "meter": f"{plan.meter[0]}/{plan.meter[1]}",
        "bars": plan.bars,
        "sections": [(s.label, s.start_bar, s.bars, s.energy) for s in plan.sections],
        "chords": [chord.spell(flats) for chord in plan.chords],
        "roles": [track.role for track in plan.tracks],
        "programs": [track.program for track in plan.tracks],
        "energy": max(s.energy for s in plan.sections),
        "loop": plan.loop,
    }
