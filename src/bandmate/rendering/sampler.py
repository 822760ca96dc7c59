"""The player: a part in, its dry stereo sound out.

Notes begin on the sample, everything else moves on blocks of 64. Source: FluidSynth's behaviour, measured by
`benchmarks/rendering.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import MissingExtra, UserError
from bandmate.rendering import kernel_numpy
from bandmate.rendering.envelopes import BLOCK, triangle
from bandmate.rendering.instrument import Instrument, Zone
from bandmate.rendering.performance import Curve, Part
from bandmate.rendering.tone import Kernel, Tone
from bandmate.rendering.voicing import Voicing, voicing

KERNELS = ("auto", "numpy", "numba")
SILENCE = 10.0 ** (-96 / 20)  # a voice under this level has ended
CHOKE_SEC = 0.03  # an open hi-hat fades this fast under a closed one
WHEEL_CENTS = 50.0  # vibrato depth of a full modulation wheel
KEPT_BYTES = 96 * 2**20  # tones of one part
_PIECE_BLOCKS = 256
_NO_GAIN = np.zeros(0, np.float32)

Patches = Callable[[Part, int, int], Instrument]  # part, bank, program


def load_kernel(name: str = "auto") -> Kernel:
    """The inner loops by name; "auto" takes the compiled ones where they are installed.

    Raises:
        MissingExtra: "numba" was asked for and is not installed. UserError: no such kernel.
    """
    if name not in KERNELS:
        raise UserError(f"render kernel '{name}' is not known; give one of {', '.join(KERNELS)}")
    compiled = name != "numpy" and find_spec("numba") is not None
    if name == "numba" and not compiled:
        raise MissingExtra("fast", "the compiled render kernel")
    if not compiled:
        return cast(Kernel, kernel_numpy)
    from bandmate.rendering import kernel_numba

    return cast(Kernel, kernel_numba)


class Player:
    """Plays parts one after the other.

    Args:
        patches: gives the instrument for a part's bank and program.
        rate: Hz. kernel: from `load_kernel`.
    """

    def __init__(self, patches: Patches, rate: int, kernel: Kernel) -> None:
        self._patches, self.rate, self._kernel = patches, rate, kernel

    def play(self, part: Part, out: NDArray[np.float32]) -> NDArray[np.float32]:
        """A part's dry sound with volume, expression and pan, as far as there is room for it.

        Args:
            part: what is played.
            out: is overwritten and given back; float32 (2, n).
        """
        out.fill(0.0)
        steady = _steady_volume(part, out.shape[1] / self.rate)
        desk = _Desk(self._patches, self.rate, self._kernel, part, out, 1.0 if steady is None else steady)
        for voice in desk.voices():
            desk.add(*voice)
        if steady is None:
            _apply_volume(out, part, self.rate)
        return out


class _Desk:
    """What is at hand while one part is played."""

    def __init__(
        self, patches: Patches, rate: int, kernel: Kernel, part: Part, out: NDArray[np.float32], volume: float
    ) -> None:
        self._patches, self._rate, self._kernel, self._part, self._out = patches, rate, kernel, part, out
        self._volume = volume
        self._zones: dict[tuple[int, int, int, int], list[tuple[Zone, Voicing]]] = {}
        self._voicings: dict[tuple[int, int, int], Voicing] = {}
        self._tones: dict[Any, Tone] = {}
        self._held: dict[Any, NDArray[np.float32]] = {}
        self._sources: dict[Any, NDArray[np.float32]] = {}
        self._still = {name: curve.between(-np.inf, np.inf) for name, curve in part.curves.items()}

    def voices(self) -> list[tuple[float, float, float, int, Zone, Voicing]]:
        """(on, off, cut, key, zone, voicing) of every voice, chokes of exclusive classes worked out."""
        voices: list[tuple[float, float, float, int, Zone, Voicing]] = []
        sounding: dict[int, list[int]] = {}
        names = ("on_sec", "off_sec", "cut_sec", "key", "velocity", "bank", "program")
        for on, off, cut, key, velocity, bank, program in zip(
            *(self._part.notes[name].tolist() for name in names), strict=True
        ):
            struck: dict[int, list[int]] = {}
            for zone, voice in self._answering(bank, program, key, velocity):
                if voice.exclusive_class:
                    struck.setdefault(voice.exclusive_class, []).append(len(voices))
                voices.append((on, off, cut, key, zone, voice))
            for group, members in struck.items():
                for index in sounding.get(group, ()):
                    earlier = voices[index]
                    if earlier[0] < on:
                        voices[index] = (*earlier[:2], min(earlier[2], on), *earlier[3:])
                sounding[group] = members
        return voices

    def _answering(self, bank: int, program: int, key: int, velocity: int) -> list[tuple[Zone, Voicing]]:
        name = (bank, program, key, velocity)
        if name not in self._zones:
            zones = self._patches(self._part, bank, program).answering(key, velocity)
            self._zones[name] = [(zone, voicing(zone, key, velocity, self._rate)) for zone in zones]
        return self._zones[name]

    def add(self, on: float, off: float, cut: float, key: int, zone: Zone, voice: Voicing) -> None:
        """Render one voice into the part's sound."""
        start = round(on * self._rate)
        held_sec = max(off - on, 0.0)
        threshold = max(1.6e-5, min(1e-2, SILENCE / max(voice.level, 1e-9)))
        end_sec = voice.envelope.end_sec(held_sec, threshold)
        if cut - on < end_sec:
            end_sec = cut - on + CHOKE_SEC
        count = min(-(-int(end_sec * self._rate + 1) // BLOCK) * BLOCK, self._out.shape[1] - start)
        if count <= 0:
            return
        tone = self._tone(on, end_sec, held_sec, key, zone, voice, -(-count // BLOCK)).take(count)
        count = len(tone)
        if not count:
            return
        gains = self._envelope(voice, -(-count // BLOCK), held_sec, cut - on)
        left, right = self._pan(gains, voice, on, end_sec)
        stop = start + count
        self._kernel.add_voice(self._out[0, start:stop], self._out[1, start:stop], tone, left, right)

    def _tone(
        self, on: float, end_sec: float, held_sec: float, key: int, zone: Zone, voice: Voicing, blocks: int
    ) -> Tone:
        bend, vibrato = (self._moving(name, on, end_sec, blocks) for name in ("bend", "modulation"))
        pressure = self._moving("pressure", on, end_sec, blocks)
        cents, depth = bend * 100.0, (vibrato + pressure) * (WHEEL_CENTS / 127.0)
        release = held_sec if voice.knows_release else np.inf
        if isinstance(cents, np.ndarray) or isinstance(depth, np.ndarray):
            return self._new_tone(zone, voice, cents, depth, release)
        if voice.only_filter_knows_release and not depth:
            return self._kept_tone(zone, key, voice, cents, depth, np.inf).released(held_sec)
        return self._kept_tone(zone, key, voice, cents, depth, release)

    def _kept_tone(self, zone: Zone, key: int, voice: Voicing, cents: float, depth: float, release_sec: float) -> Tone:
        name = (id(zone), key, voice.cutoff_cents, voice.modulation, cents, depth, release_sec)
        tone = self._tones.get(name)
        if tone is None:
            if len(self._tones) % 64 == 63 and sum(kept.nbytes for kept in self._tones.values()) > KEPT_BYTES:
                self._tones.clear()
            tone = self._tones[name] = self._new_tone(zone, voice, cents, depth, release_sec)
        return tone

    def _new_tone(
        self,
        zone: Zone,
        voice: Voicing,
        cents: float | NDArray[np.float64],
        depth: float | NDArray[np.float64],
        release_sec: float,
    ) -> Tone:
        return Tone(
            self._kernel,
            self._rate,
            voice,
            zone.sample,
            self._sources,
            bend_cents=cents,
            vibrato_cents=depth,
            release_sec=release_sec,
        )

    def _moving(self, name: str, on: float, end_sec: float, blocks: int) -> float | NDArray[np.float64]:
        still = self._still[name]
        if still is not None:
            return still
        curve: Curve = self._part.curves[name]
        value = curve.between(on, on + end_sec)
        return curve.at(on + np.arange(blocks) * (BLOCK / self._rate)) if value is None else value

    def _envelope(self, voice: Voicing, blocks: int, held_sec: float, cut_sec: float) -> NDArray[np.float32]:
        """Amplitudes at the block boundaries, float32 (blocks + 1,)."""
        block_sec = BLOCK / self._rate
        held = self._held.get(voice.envelope)
        if held is None or len(held) <= blocks:
            room = max(2 * blocks, 1024)
            held = self._held[voice.envelope] = voice.envelope.held(np.arange(room + 1) * block_sec)
        level = voice.level * self._volume
        gains = held[: blocks + 1] * np.float32(level)
        first = int(held_sec / block_sec) + 1
        if first <= blocks:
            fall = -96.0 / 20.0 / voice.envelope.release
            after = np.arange(first, blocks + 1) * block_sec - held_sec
            gains[first:] = level * voice.envelope.held_at(held_sec) * 10.0 ** (fall * after)
        if cut_sec <= (blocks + 1) * block_sec:
            gains *= np.clip(1.0 - (np.arange(blocks + 1) * block_sec - cut_sec) / CHOKE_SEC, 0.0, 1.0)
        if voice.mod_lfo_volume:
            wave = triangle(np.arange(blocks + 1) * block_sec, *voice.mod_lfo)
            gains *= 10.0 ** (voice.mod_lfo_volume * wave / -200.0)
        return gains.astype(np.float32, copy=False)

    def _pan(
        self, gains: NDArray[np.float32], voice: Voicing, on: float, end_sec: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        wheel = self._moving("pan", on, end_sec, len(gains))
        if isinstance(wheel, np.ndarray):
            angle = np.clip(voice.pan + (wheel - 64.0) / 63.0 * 500.0, -500.0, 500.0) * (np.pi / 2000.0) + np.pi / 4.0
            return gains * np.cos(angle).astype(np.float32), gains * np.sin(angle).astype(np.float32)
        place = min(max(voice.pan + (wheel - 64.0) / 63.0 * 500.0, -500.0), 500.0) * (math.pi / 2000.0) + math.pi / 4.0
        left, right = math.cos(place), math.sin(place)
        if abs(left - right) < 1e-6:
            both = gains * np.float32(left)
            return both, both
        left_gains = gains * np.float32(left) if left > 1e-6 else _NO_GAIN
        return left_gains, gains * np.float32(right) if right > 1e-6 else _NO_GAIN


def _steady_volume(part: Part, span_sec: float) -> float | None:
    """Amplitude of volume and expression, concave as General MIDI wants; None if they move."""
    volume, expression = (part.curves[name].between(0.0, span_sec) for name in ("volume", "expression"))
    return None if volume is None or expression is None else (volume * expression / 127.0**2) ** 2


def _apply_volume(out: NDArray[np.float32], part: Part, rate: int) -> None:
    volume, expression = part.curves["volume"], part.curves["expression"]
    blocks = -(-out.shape[1] // BLOCK)
    times = np.arange(blocks + 1) * (BLOCK / rate)
    gains = ((volume.at(times) * expression.at(times) / 127.0**2) ** 2).astype(np.float32)
    ramp = np.arange(BLOCK, dtype=np.float32) / BLOCK
    for first in range(0, blocks, _PIECE_BLOCKS):
        part_gains = gains[first : first + _PIECE_BLOCKS + 1]
        shape = (part_gains[:-1, None] + np.multiply.outer(np.diff(part_gains), ramp)).reshape(-1)
        piece = out[:, first * BLOCK : (first + _PIECE_BLOCKS) * BLOCK]
        piece *= shape[: piece.shape[1]]
