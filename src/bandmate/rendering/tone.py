"""The tone of a zone at a key: pitch and filter applied, volume not yet. Kept, so that a repeated note costs little."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.envelopes import BLOCK, triangle
from bandmate.rendering.instrument import Sample
from bandmate.rendering.voicing import Voicing, lowpass

GUARD_BEFORE, GUARD_AFTER = 1, 3
_NO_FILTER = np.zeros((0, 5))


class Kernel(Protocol):
    """The two inner loops; see `kernel_numpy`."""

    def read_tone(
        self,
        out: NDArray[np.float32],
        source: NDArray[np.float32],
        loop_start: int,
        loop_end: int,
        position: float,
        steps: NDArray[np.float64],
        filters: NDArray[np.float64],
        state: NDArray[np.float64],
    ) -> tuple[int, float]:
        """Read a recording at a pitch and low-pass it."""
        ...

    def add_voice(
        self,
        left: NDArray[np.float32],
        right: NDArray[np.float32],
        tone: NDArray[np.float32],
        left_gains: NDArray[np.float32],
        right_gains: NDArray[np.float32],
    ) -> None:
        """Add a tone to both channels under gains."""
        ...


def guarded(sample: Sample, voice: Voicing, *, looped: bool) -> NDArray[np.float32]:
    """A recording with guard samples, so that the four points of interpolation always exist."""
    data = sample.data
    if looped:
        wrapped = np.resize(data[voice.loop_start : voice.loop_end], GUARD_AFTER)
        return np.concatenate([data[:GUARD_BEFORE], data[: voice.loop_end], wrapped])
    return np.concatenate([data[:GUARD_BEFORE], data, np.zeros(GUARD_AFTER, np.float32)])


class Tone:
    """A tone that grows as longer notes ask for it.

    Args:
        kernel: the inner loops.
        rate: Hz.
        voice: what is played.
        sample: its recording.
        sources: guarded recordings, shared between tones.
        bend_cents: one number, or one a block for a pitch that the player moves.
        vibrato_cents: depth that the wheel adds to the vibrato; one number, or one a block.
        release_sec: when the key is released, where the tone depends on it.
    """

    def __init__(
        self,
        kernel: Kernel,
        rate: int,
        voice: Voicing,
        sample: Sample,
        sources: dict[Any, NDArray[np.float32]],
        *,
        bend_cents: float | NDArray[np.float64] = 0.0,
        vibrato_cents: float | NDArray[np.float64] = 0.0,
        release_sec: float = np.inf,
    ) -> None:
        self._kernel, self._rate, self._voice, self._sample, self._sources = kernel, rate, voice, sample, sources
        self._bend, self._vibrato, self._release_sec = bend_cents, vibrato_cents, release_sec
        self._position, self._state = voice.position, np.zeros(4)
        self._data = np.empty(0, np.float32)
        self._ready, self._ended = 0, False

    @property
    def nbytes(self) -> int:
        """Memory of what is kept."""
        return self._data.nbytes

    def released(self, release_sec: float) -> Tone:
        """The same tone with its key let go; what sounds before that is taken over, not made again.

        For a tone whose pitch stays: only then its place in the recording is known at any time.
        """
        other = Tone(
            self._kernel,
            self._rate,
            self._voice,
            self._sample,
            self._sources,
            bend_cents=self._bend,
            vibrato_cents=self._vibrato,
            release_sec=release_sec,
        )
        blocks = int(release_sec * self._rate / BLOCK) + 1  # the first block that begins after the release
        held = self.take(blocks * BLOCK)
        other._data = held.copy()
        other._ready, other._ended = len(held), len(held) < blocks * BLOCK
        if not other._ended:
            raw = np.empty(BLOCK, np.float32)
            steps, _ = self._movement(0, 1)
            place = self._wrapped(self._voice.position + float(steps[0]) * (blocks - 1) * BLOCK)
            looped = self._voice.loop == 1
            _, other._position = self._kernel.read_tone(
                raw, self._source(looped), *self._loop(looped), place, steps, _NO_FILTER, np.zeros(4)
            )
            other._state[:] = raw[-1], raw[-2], held[-1], held[-2]
        return other

    def _wrapped(self, place: float) -> float:
        start, end = self._voice.loop_start, self._voice.loop_end
        return place if self._voice.loop != 1 or place < end else start + (place - start) % (end - start)

    def _loop(self, looped: bool) -> tuple[int, int]:
        return (self._voice.loop_start, self._voice.loop_end) if looped else (-1, len(self._sample.data) - 1)

    def take(self, count: int) -> NDArray[np.float32]:
        """The first `count` samples, fewer if the recording ends before."""
        if count > self._ready and not self._ended:
            self._grow(-(-count // BLOCK))
        return self._data[: min(count, self._ready)]

    def _grow(self, blocks: int) -> None:
        first = self._ready // BLOCK
        if blocks * BLOCK > len(self._data):
            room = np.empty(max(blocks, 2 * first) * BLOCK, np.float32)
            room[: self._ready] = self._data[: self._ready]
            self._data = room
        turn = blocks
        if self._voice.loop == 3:
            turn = max(first, int(min(blocks, self._release_sec * self._rate // BLOCK)))
        for start, stop in ((first, turn), (turn, blocks)):
            if stop > start and not self._ended:
                self._read(start, stop, looped=self._voice.loop == 1 or (self._voice.loop == 3 and stop <= turn))

    def _read(self, first: int, last: int, *, looped: bool) -> None:
        out = self._data[first * BLOCK : last * BLOCK]
        steps, filters = self._movement(first, last)
        written, self._position = self._kernel.read_tone(
            out, self._source(looped), *self._loop(looped), self._position, steps, filters, self._state
        )
        self._ready = first * BLOCK + written
        self._ended = written < len(out)

    def _source(self, looped: bool) -> NDArray[np.float32]:
        name = (id(self._sample), self._voice.loop_start if looped else -1, self._voice.loop_end if looped else -1)
        if name not in self._sources:
            self._sources[name] = guarded(self._sample, self._voice, looped=looped)
        return self._sources[name]

    def _movement(self, first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and filter rows of the blocks first .. last - 1; one row where nothing moves."""
        voice = self._voice
        times = np.arange(first, last) * (BLOCK / self._rate)
        cents: float | NDArray[np.float64] = _blocks(self._bend, first, last)
        cutoff: float | NDArray[np.float64] = voice.cutoff_cents
        swept = voice.filtered and (voice.mod_env_cutoff or voice.mod_lfo_cutoff)
        if voice.mod_env_pitch or (swept and voice.mod_env_cutoff):
            level = voice.modulation.level(times, self._release_sec)
            cents, cutoff = cents + voice.mod_env_pitch * level, cutoff + voice.mod_env_cutoff * level
        if voice.mod_lfo_pitch or (swept and voice.mod_lfo_cutoff):
            wave = triangle(times, *voice.mod_lfo)
            cents, cutoff = cents + voice.mod_lfo_pitch * wave, cutoff + voice.mod_lfo_cutoff * wave
        depth = _blocks(self._vibrato, first, last) + voice.vib_lfo_pitch
        if np.any(depth):
            cents = cents + depth * triangle(times, *voice.vib_lfo)
        steps = np.atleast_1d(voice.step * np.exp2(np.asarray(cents) / 1200.0))
        filters = lowpass(np.atleast_1d(cutoff), voice.resonance, self._rate) if voice.filtered else _NO_FILTER
        return steps, filters


def _blocks(value: float | NDArray[np.float64], first: int, last: int) -> Any:
    return value[first:last] if isinstance(value, np.ndarray) else value
