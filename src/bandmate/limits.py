"""One table of limits; the command line, the Python face and every server read it.

Why a table: a limit that is typed twice is a limit that differs twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.errors import BriefError


@dataclass(frozen=True, slots=True)
class Limit:
    """A closed range of a quantity, with the unit a message names."""

    name: str
    low: float
    high: float
    unit: str

    def check(self, value: float) -> float:
        """Give the value back if it lies in the range.

        Raises:
            BriefError: it does not, or it is not a number; the message names value, range and unit.
        """
        if not self.low <= value <= self.high:  # false for NaN too
            raise BriefError(
                f"{self.name} {value:g} is out of range; give {self.low:g} to {self.high:g} {self.unit}".rstrip()
            )
        return value


BARS = Limit("bars", 1, 2048, "bars")
TEMPO = Limit("tempo", 20, 400, "BPM (quarter notes a minute)")
TRACKS = Limit("tracks", 1, 32, "tracks")
TAKES = Limit("takes", 1, 64, "takes")
CANDIDATES = Limit("candidates", 1, 64, "a take")
PROMPT_CHARS = Limit("prompt length", 0, 4000, "characters")
MIDI_BYTES = Limit("MIDI file size", 0, 64 * 2**20, "bytes")
MIDI_NOTES = Limit("MIDI notes", 0, 1_000_000, "notes")
SCORE_BARS = Limit("bars of a written piece", 0, 20_000, "bars")
SCORE_PARTS = Limit("parts of a written piece", 0, 16 * TRACKS.high, "parts")
SCORE_SIGNS = Limit("signs of a written piece", 0, 4_000_000, "signs")
VERSES = Limit("verses", 0, 255, "verses")
METER_NUMERATOR = Limit("meter numerator", 1, 32, "")
LISTEN_SECONDS = Limit("seconds", 1, 600, "seconds to hear of a take")
PLAYER_SECONDS = Limit("seconds", 1, 120, "seconds for a player in a notebook")
FOLLOW_SECONDS = Limit("seconds", 0, 600, "seconds to follow Live")
HEAR_MINUTES = Limit("minutes", 0.1, 30, "minutes of sound to listen to")
TEMPERATURE = Limit("temperature", 0.05, 5.0, "")
NO_COPY = Limit("no-copy", 8, 64, "notes that a run may have in common with a piece")
TOP_K = Limit("top-k", 0, 4096, "")
TOP_P = Limit("top-p", 0.01, 1.0, "")
TRAIN_MINUTES = Limit("minutes", 0, 10_080, "minutes of training")
SEED = Limit("seed", 0, 2**63 - 1, "")
