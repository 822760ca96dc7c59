"""Which instrument a part plays: the SoundFont's, a synthesised kit, or the musician's own sounds."""

from __future__ import annotations

from collections.abc import Mapping

from bandmate.rendering.instrument import Instrument
from bandmate.rendering.performance import Part
from bandmate.rendering.soundfont import SoundFont

KEPT_SAMPLE_BYTES = 64 * 2**20


class PatchBook:
    """Answers the player's question for an instrument.

    Args:
        font: plays whatever nobody else does.
        kits: drum kits by program that stand before the font's.
        tracks: the musician's own instruments, by the index of the track.
    """

    def __init__(
        self,
        font: SoundFont,
        kits: Mapping[int, Instrument] | None = None,
        tracks: Mapping[int, Instrument] | None = None,
    ) -> None:
        self._font, self._kits, self._tracks = font, kits or {}, tracks or {}

    def __call__(self, part: Part, bank: int, program: int) -> Instrument:
        """The instrument for a part's bank and program."""
        if part.track in self._tracks:
            return self._tracks[part.track]
        if part.is_drum and program in self._kits:
            return self._kits[program]
        return self._font.instrument(bank, program)

    def tidy(self) -> None:
        """Give decoded samples back if they have grown past what is worth keeping."""
        self._font.tidy(KEPT_SAMPLE_BYTES)
