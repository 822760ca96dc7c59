"""Drum touch: how people play drums, by style: early or late, loud or soft, at each place of the bar.

`data/touch.json` was fitted by `scripts/fit_touch.py` on the Groove MIDI Dataset (Google LLC, CC BY 4.0). A style holds

- `shared_ms`, `ar`: standard deviation of the drift that all voices share, and its correlation over one 16th;
- `own_ms`: standard deviation of what each stroke adds to it;
- per voice `late_ms` and `velocity`, a number for each place of the bar; `soft`: velocity of ghost notes; and the
  standard deviation of velocity between players, between the steps of one pattern, and from stroke to stroke.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre, load_table

VOICES = ("kick", "snare", "rim", "hat", "open_hat", "pedal_hat", "ride", "crash", "tom")
# Places of the bar: beat 1, beat 3, beats 2 and 4, the first third or quarter of a beat, its half, its last part.
PLACES = 6
SOFT_BELOW = 50  # velocity under which a snare stroke is a ghost note
# The style whose drummers are nearest to a genre's; genres that are not named are played by machines.
STYLE_OF = {
    "rock": "rock", "metal": "rock", "blues_shuffle": "rock", "punk": "rock", "indie_pop": "pop", "pop": "pop",
    "funk": "funk", "disco": "funk", "breakbeat": "funk", "jungle": "funk", "boom_bap": "hiphop", "trip_hop": "hiphop",
    "lofi_hip_hop": "hiphop", "rnb_neo_soul": "soul", "soul_motown": "soul", "gospel": "soul", "jazz_swing": "jazz",
    "jazz_ballad": "jazz", "waltz": "jazz", "bossa_nova": "latin", "samba": "latin", "salsa": "latin",
    "cumbia": "latin", "latin_pop": "latin", "afrobeat": "afrobeat", "reggae": "reggae", "dub": "reggae",
    "country": "rock", "folk": "pop",
}  # fmt: skip
_VOICE_OF_KEY = {
    "kick": (35, 36), "snare": (38, 40), "rim": (37,), "hat": (42,), "open_hat": (46,), "pedal_hat": (44,),
    "ride": (51, 53, 59), "crash": (49, 52, 55, 57), "tom": (41, 43, 45, 47, 48, 50),
}  # fmt: skip


def place_of(beats: NDArray[Any]) -> NDArray[Any]:
    """The place of the bar of onsets on the grid.

    Args:
        beats: quarters from the start of a bar of four, or felt beats of another bar.
    """
    inside = beats % 1
    whole = np.rint(beats - inside).astype(int)
    beat = np.where(whole % 4 == 0, 0, np.where(whole % 4 == 2, 1, 2))
    off = np.where(inside < 0.42, 3, np.where(inside < 0.58, 4, 5))
    return np.where(inside < 0.1, beat, np.where(inside > 0.9, 5, off))


@dataclass(frozen=True, slots=True)
class DrumTouch:
    """One style of the table as arrays; the last row stands for drums that the table does not know.

    Attributes:
        late_ms: float64 (voices + 1, places); velocity: float64 (voices + 1, places), 0 = not known.
        soft: velocity of ghost notes by voice, 0 = the voice has none.
        player_sd, step_sd, stroke_sd: spreads of velocity by voice.
        shared_ms, own_ms, ar: the law of timing.
    """

    late_ms: NDArray[Any]
    velocity: NDArray[Any]
    soft: NDArray[Any]
    player_sd: NDArray[Any]
    step_sd: NDArray[Any]
    stroke_sd: NDArray[Any]
    shared_ms: float
    own_ms: float
    ar: float

    @property
    def total_ms(self) -> float:
        """Standard deviation of onsets that were played to a click."""
        return (self.shared_ms**2 + self.own_ms**2) ** 0.5

    @property
    def shares(self) -> tuple[float, float]:
        """What part of the total deviation the voices share, and what part is each stroke's own."""
        return self.shared_ms / self.total_ms, self.own_ms / self.total_ms

    def leanings_ms(self, voices: NDArray[Any], places: NDArray[Any], swung: bool) -> NDArray[Any]:
        """How much later than on its beats each stroke's voice is at its place; float64.

        Args:
            voices: number of each stroke's voice in the table.
            places: number of its place of the bar.
            swung: the grid has moved the places off the beat already.
        """
        rows = self.late_ms - self.late_ms[:, :3].mean(1, keepdims=True)
        return np.where((places > 2) & swung, 0.0, rows[voices, places])

    def force(self, voice: int, place: int, level: int) -> float:
        """Mean velocity of an accent (2), a stroke (1) or a ghost (0); 0 = the table does not know the voice."""
        mean = float(self.velocity[voice, place])
        if level == 0 and VOICES[min(voice, len(VOICES) - 1)] == "kick":
            return 0.5 * mean  # a feathered kick is felt, not heard; the players of the dataset do not feather
        if level == 0:
            return float(self.soft[voice]) or max(0.0, mean - float(self.step_sd[voice]))
        return mean and mean + float(self.step_sd[voice]) * (1.0 if level == 2 else -0.2)


@cache
def touch_of(genre_name: str) -> DrumTouch | None:
    """The touch of the people who drum in a genre; None where machines do. Learned styles are named "genre~hash"."""
    style = STYLE_OF.get(genre_name.split("~")[0])
    if style is None:
        return None
    row = load_table("touch")[style]
    voices = [row["voices"][name] for name in VOICES]

    def column(key: str, other: float) -> NDArray[Any]:
        return np.array([*(voice[key] for voice in voices), other])

    none = [0.0] * PLACES
    return DrumTouch(
        np.array([*(voice["late_ms"] for voice in voices), none]),
        np.array([*(voice["velocity"] for voice in voices), none], np.float64),
        column("soft", 0.0),
        column("player_sd", 6.0),
        column("step_sd", 4.0),
        column("stroke_sd", 8.0),
        row["shared_ms"],
        row["own_ms"],
        row["ar"],
    )


@cache
def loudness_of(genre_name: str) -> float:
    """How loud a genre plays against the other genres of its style, by the table of genres; 1 = the same."""
    base = genre_name.split("~")[0]
    peers = [name for name, style in STYLE_OF.items() if style == STYLE_OF.get(base)]
    if not peers:
        return 1.0
    mean = sum(genre(name)["vel"]["x"] for name in peers) / len(peers)
    return min(1.15, max(0.75, genre(base)["vel"]["x"] / mean))


@cache
def voice_numbers() -> NDArray[Any]:
    """Number of the table's voice for each drum key; int64 (128,), the last row for keys it does not know."""
    out = np.full(128, len(VOICES))
    for number, name in enumerate(VOICES):
        out[list(_VOICE_OF_KEY[name])] = number
    return out
