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
        drums: plays every drum part, whatever its program.
        tracks: the musician's own instruments, by the index of the track; they leave drum parts alone.
    """

    def __init__(
        self,
        font: SoundFont,
        kits: Mapping[int, Instrument] | None = None,
        drums: Instrument | None = None,
        tracks: Mapping[int, Instrument] | None = None,
    ) -> None:
        self._font, self._kits, self._drums, self._tracks = font, kits or {}, drums, tracks or {}

    def __call__(self, part: Part, bank: int, program: int) -> Instrument:
        """The instrument for a part's bank and program."""
        if part.is_drum:
            return self._drums or self._kits.get(program) or self._font.instrument(bank, program)
        return self._tracks.get(part.track) or self._font.instrument(bank, program)

    def tidy(self) -> None:
        """Give decoded samples back if they have grown past what is worth keeping."""
        self._font.tidy(KEPT_SAMPLE_BYTES)
