"""Draft: what the reader has gathered so far; single values are stated, a later one wins and the conflict is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bandmate.score.brief import NotUnderstood

OPPOSITES = {
    "sad": "happy",
    "happy": "sad",
    "dark": "uplifting",
    "aggressive": "calm",
    "calm": "energetic",
    "energetic": "calm",
    "melancholic": "uplifting",
    "chaotic": "calm",
    "scary": "happy",
    "tense": "chill",
    "cold": "warm",
    "sleepy": "energetic",
    "serious": "playful",
    "playful": "serious",
    "chill": "energetic",
}


@dataclass
class Draft:
    """Fields of a Brief in the making; see Brief for their meaning."""

    text: str
    said: dict[str, tuple[Any, str]] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    moods: dict[str, float | None] = field(default_factory=dict)
    factors: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    unknown: dict[str, NotUnderstood] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    energy: int | None = None
    voicing: str = ""
    articulation: str = ""
    loop: bool = False
    default_bars: int | None = None
    artist_genre: str | None = None
    lend: str | None = None
    tempo_pull: bool = False
    revised: bool = False

    def note(self, sentence: str) -> None:
        """Tell the musician what was corrected or assumed, once."""
        if sentence not in self.notices:
            self.notices.append(sentence)

    def add(self, name: str, value: Any) -> None:
        """Append to a list field, once."""
        values = self.lists.setdefault(name, [])
        if value not in values:
            values.append(value)

    def state(self, name: str, value: Any, text: str) -> None:
        """Set a single value; another one said before loses, and unless it was revised the conflict is named."""
        before = self.said.get(name)
        if before is not None and before[0] != value and name != "tempo_word":
            self.conflicts.append(f"{name} is said twice, '{before[1]}' and '{text}': the later one wins")
        self.said[name] = (value, text)

    def get(self, name: str) -> Any:
        """What was stated, None if nothing."""
        return self.said[name][0] if name in self.said else None

    def bare_tempo(self, value: float, text: str) -> None:
        """A number without a unit is a tempo unless a clearer one is there; after "actually" it replaces it."""
        if self.revised or "tempo" not in self.said:
            self.state("tempo", value, text)
        elif self.get("tempo") != value:
            self.unknown.setdefault(text, NotUnderstood(text, ()))

    def mood(self, name: str, weight: float | None) -> None:
        """Add a mood; said again it keeps the later weight."""
        self.moods[name] = weight if name not in self.moods or weight is not None else self.moods[name]

    def factor(self, kind: str, value: Any, weight: float | None, text: str) -> None:
        """Multiply a tempo or density factor, or set the energy."""
        strength = weight or 1.0
        if kind == "energy":
            level = 3 + (float(value) - 3) * strength
            self.energy = max(1, min(5, round(level)))
            return
        self.factors.setdefault(kind, []).append((1.0 + (float(value) - 1.0) * strength, text))

    def product(self, kind: str) -> float:
        """All factors of a kind multiplied, kept within 0.25 and 4."""
        total = 1.0
        for value, _ in self.factors.get(kind, ()):
            total *= value
        return round(max(0.25, min(4.0, total)), 4)

    def soften(self, kind: str, value: Any) -> None:
        """`not too dark`, `not too fast`: a little of it."""
        if kind == "mood":
            self.mood(value, 0.4)
        elif kind == "tempo_factor":
            self.factors.setdefault(kind, []).append((0.95 if value > 1 else 1.05, "not too"))
        elif kind == "density":
            self.factors.setdefault(kind, []).append((0.85 if value > 1 else 1.1, "not too"))
        elif kind == "energy":
            self.energy = 3 if abs(value - 3) < 2 else round(3 + (value - 3) / 3)
        elif kind == "swing":
            self.state("swing", 0.53, "not too swung")

    def deny(self, kind: str, value: Any, text: str) -> None:
        """`not sad`, `not busy`: the mood is kept out and its opposite lent; a factor is turned round."""
        if kind == "mood":
            self.moods[value] = 0.0
            opposite = OPPOSITES.get(value)
            if opposite and opposite not in self.moods:
                self.moods[opposite] = 0.5
                self.note(f"'not {text}' is taken as a little {opposite}")
        elif kind == "tempo_factor":
            self.factors.setdefault(kind, []).append((0.95 if value > 1 else 1.05, f"not {text}"))
        elif kind == "density":
            self.factors.setdefault(kind, []).append((0.8 if value > 1 else 1.2, f"not {text}"))
        elif kind == "energy":
            self.energy = 3
        elif kind == "swing":
            self.state("swing", 0.5, f"no {text}")
        else:
            self.note(f"'not {text}' is noted; nothing else is forced")


def turned(kind: str, value: Any, quantifier: float) -> float:
    """What "less" makes of a factor or an energy: the other way, the farther the smaller the quantifier is.

    Args:
        kind: density, tempo_factor or energy.
        value: of the word without "less", such as 1.3 for busy.
        quantifier: 0.8 for "less", 0.6 for "much less", 0.9 for "a bit less".
    """
    strength = 5 * (1 - quantifier)
    return 3 - (float(value) - 3) * strength if kind == "energy" else float(value) ** -strength
