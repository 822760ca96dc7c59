"""Colour: what moods and styles do to a genre, and which genre they suggest where none was named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from bandmate.analysis.genres import genre, genre_ids, load_table
from bandmate.score.brief import Brief
from bandmate.score.pitch import MODES

# A genre for moods alone: the first of these that fits them all.
_MOOD_GENRES = (
    "pop",
    "lofi_hip_hop",
    "cinematic",
    "ambient",
    "trap",
    "funk",
    "rock",
    "house",
    "techno",
    "string_quartet",
)
_OPEN_MODES = {"minor_blues": "blues"}


@dataclass(frozen=True, slots=True)
class Colour:
    """What moods and styles do to a genre: factors, shifts and the names of patterns they prefer."""

    tempo_factor: float = 1.0
    tempo_shift: float = 0.0
    modes: tuple[str, ...] = ()
    density: float = 1.0
    register: int = 0
    gate: float = 1.0
    velocity: int = 0
    dissonance: float = 0.2
    energy: int = 0
    overrides: tuple[tuple[str, Any], ...] = ()


@cache
def _mood_table() -> dict[str, dict[str, Any]]:
    table = load_table("moods")["moods"]
    return {word: row for name, row in table.items() for word in (name, *row.get("aka", ()))}


def _change_of(block: dict[str, Any], mood: str) -> dict[str, Any]:
    row = _mood_table().get(mood, {})
    changes = block["moods"]["change"]
    return next((changes[word] for word in (mood, *row.get("aka", ())) if word in changes), {})


def colour_of(brief: Brief, block: dict[str, Any]) -> Colour:
    """Moods in text order, then styles; factors multiply, shifts add, the first mood's mode wins."""
    tempo, shift, density, gate, velocity, register, energy, dissonance = 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.2
    modes: tuple[str, ...] = ()
    overrides: dict[str, Any] = {}
    for mood in brief.moods:
        row = _mood_table().get(mood)
        weight = brief.mood_weights.get(mood, 1.0)
        change = _change_of(block, mood)
        overrides |= {k: v for k, v in change.items() if k not in overrides and k != "genre"}
        shift += weight * change.get("tempo", 0)
        density *= 1 + weight * (change.get("density", 1.0) - 1)
        register += 12 * weight * change.get("oct", 0)
        energy += weight * change.get("e", 0)
        if change.get("mode") and not modes:
            modes = (change["mode"],)
        if row:
            tempo *= 1 if "tempo" in change else 1 + weight * (row["tempo"] - 1)
            if mood not in block["moods"]["fits"]:  # a genre that fits the mood has its energy already
                energy += weight * row["energy"] * 0.5
            modes = modes or tuple(row["mode"])
            density *= 1 + weight * (row["density"] - 1)
            register += weight * row["reg"]
            gate *= 1 + weight * (row["art"] - 1)
            velocity += weight * row["vel"]
            dissonance = max(dissonance, weight * row["diss"])
    for style in brief.styles:
        near = load_table("words")["near_genres"].get(style, {})
        overrides |= {k: v for k, v in near.items() if k not in ("base", "add", "exclude")}
        modes = (near["mode"],) if near.get("mode") else modes
    modes = tuple(_OPEN_MODES.get(mode, mode) for mode in modes)
    return Colour(
        tempo, shift, tuple(m for m in modes if m in MODES), density, round(register), gate, round(velocity),
        dissonance, round(energy), tuple(overrides.items()),
    )  # fmt: skip


@cache
def _families() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for name in genre_ids():
        family = genre(name)["family"]
        out[family] = (*out.get(family, ()), name)
    return out


def choose_genre(brief: Brief) -> str:
    """The genre that was stated, or the one that moods and instruments suggest; else pop.

    Raises:
        BriefError: a stated genre is not in the table.
    """
    styles = [style for style in brief.styles if style in genre_ids()]
    bases = [load_table("words")["near_genres"].get(style, {}).get("base") for style in brief.styles]
    if brief.genre in genre_ids():
        return brief.genre
    if brief.genre in _families():
        members = _families()[brief.genre]
        return next((style for style in (*styles, *bases) if style in members), members[0])
    if brief.genre is not None:
        genre(brief.genre)  # raises, naming close ids
    if styles or any(bases):
        return styles[0] if styles else next(base for base in bases if base)
    roles = {ask.role for ask in brief.tracks} or set(brief.only)
    programs = [ask.program for ask in brief.tracks if ask.program is not None]
    if programs and len(programs) == len(brief.tracks) and all(40 <= p <= 51 for p in programs):
        return "string_quartet" if len(programs) <= 4 and max(programs) < 44 else "cinematic"
    if roles and roles <= {"pad", "arp", "fx", "vox"} and "drums" not in roles:
        return "ambient"
    fits = {name: sum(mood in genre(name)["moods"]["fits"] for mood in brief.moods) for name in _MOOD_GENRES}
    return max(_MOOD_GENRES, key=lambda name: (fits[name], -_MOOD_GENRES.index(name)))
