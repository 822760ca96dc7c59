"""How a voice moves: volume and modulation envelopes and low-frequency oscillators, on blocks of 64 samples.

Source: SoundFont 2.04, section 9.1.7; decay and release run over 96 dB, as FluidSynth plays them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.instrument import NEVER
from bandmate.rendering.instrument import Generator as Gen

BLOCK = 64
Times = NDArray[np.floating[Any]]
FULL_DB = 96.0
SHORTEST_RELEASE_SEC = 0.008  # shorter ones click
_SHORTEST_SEC = 1e-4


def ratio_from_cents(cents: float) -> float:
    """Frequency ratio of an interval in cents."""
    return 2.0 ** (cents / 1200.0)


def seconds_from_timecents(timecents: float) -> float:
    """Seconds of a SoundFont time; NEVER and below is none at all."""
    return 0.0 if timecents <= NEVER else 2.0 ** (timecents / 1200.0)


@dataclass(frozen=True, slots=True)
class VolumeEnvelope:
    """Linear attack, then decay and release that are straight lines in dB; times in seconds."""

    delay: float
    attack: float
    hold: float
    decay: float
    sustain_db: float
    release: float

    @classmethod
    def of(cls, settings: dict[int, float], key: int) -> VolumeEnvelope:
        """The envelope of a zone's generators for a key."""
        seconds = {g: seconds_from_timecents(settings[g]) for g in (33, 34, 35, 36, 38)}
        return cls(
            seconds[Gen.VOL_DELAY],
            max(seconds[Gen.VOL_ATTACK], _SHORTEST_SEC),
            seconds[Gen.VOL_HOLD] * ratio_from_cents(settings[Gen.VOL_KEY_HOLD] * (60 - key)),
            max(seconds[Gen.VOL_DECAY] * ratio_from_cents(settings[Gen.VOL_KEY_DECAY] * (60 - key)), _SHORTEST_SEC),
            min(max(settings[Gen.VOL_SUSTAIN], 0.0), 1440.0) / 10.0,
            max(seconds[Gen.VOL_RELEASE], SHORTEST_RELEASE_SEC),
        )

    def held_at(self, time_sec: float) -> float:
        """Amplitude 0..1 while the key is down."""
        attack = min(max((time_sec - self.delay) / self.attack, 0.0), 1.0)
        fallen = min(max((time_sec - self.delay - self.attack - self.hold) / self.decay, 0.0), 1.0) * FULL_DB
        return attack * 10.0 ** (-min(fallen, self.sustain_db) / 20.0)

    def held(self, times_sec: Times) -> NDArray[np.float32]:
        """Amplitudes while the key is down, float32 (n,)."""
        attack = np.clip((times_sec - self.delay) / self.attack, 0.0, 1.0)
        fallen = (times_sec - self.delay - self.attack - self.hold) * (FULL_DB / self.decay)
        fallen = np.minimum(np.clip(fallen, 0.0, FULL_DB), self.sustain_db)
        return (attack * 10.0 ** (fallen / -20.0)).astype(np.float32)

    def end_sec(self, release_sec: float, threshold: float) -> float:
        """When the voice falls under a threshold for good, its key released at `release_sec`."""
        if threshold >= 1.0:
            return 0.0
        needed_db = -20.0 * math.log10(threshold)
        if self.sustain_db >= needed_db:
            faded = self.delay + self.attack + self.hold + self.decay * needed_db / FULL_DB
            if faded <= release_sec:
                return faded
        level = self.held_at(release_sec)
        if level <= threshold:
            return release_sec
        return release_sec + self.release * 20.0 * math.log10(level / threshold) / FULL_DB


@dataclass(frozen=True, slots=True)
class ModulationEnvelope:
    """The envelope of pitch and filter, all stages linear; times in seconds, sustain 0..1."""

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float

    @classmethod
    def of(cls, settings: dict[int, float], key: int) -> ModulationEnvelope:
        """The envelope of a zone's generators for a key."""
        seconds = {g: seconds_from_timecents(settings[g]) for g in (25, 26, 27, 28, 30)}
        return cls(
            seconds[Gen.MOD_DELAY],
            max(seconds[Gen.MOD_ATTACK], _SHORTEST_SEC),
            seconds[Gen.MOD_HOLD] * ratio_from_cents(settings[Gen.MOD_KEY_HOLD] * (60 - key)),
            max(seconds[Gen.MOD_DECAY] * ratio_from_cents(settings[Gen.MOD_KEY_DECAY] * (60 - key)), _SHORTEST_SEC),
            1.0 - min(max(settings[Gen.MOD_SUSTAIN], 0.0), 1000.0) / 1000.0,
            max(seconds[Gen.MOD_RELEASE], 1e-3),
        )

    def held(self, times_sec: Times) -> NDArray[np.float64]:
        """Level 0..1 while the key is down."""
        rising = np.clip((times_sec - self.delay) / self.attack, 0.0, 1.0)
        falling = 1.0 - np.clip((times_sec - self.delay - self.attack - self.hold) / self.decay, 0.0, 1.0)
        return np.where(times_sec < self.delay + self.attack, rising, np.maximum(falling, self.sustain))

    def level(self, times_sec: Times, release_sec: float) -> NDArray[np.float64]:
        """Level 0..1 of a note whose key is released at `release_sec`."""
        values = self.held(times_sec)
        after = times_sec > release_sec
        if after.any():
            start = float(self.held(np.array([release_sec]))[0])
            values[after] = np.maximum(start - (times_sec[after] - release_sec) / self.release, 0.0)
        return values


def triangle(times_sec: Times, delay_sec: float, rate_hz: float) -> NDArray[np.float64]:
    """A low-frequency oscillator, -1..1, that starts at 0 after its delay."""
    phase = (times_sec - delay_sec) * rate_hz
    return np.where(phase > 0, 1.0 - 4.0 * np.abs(((phase + 0.25) % 1.0) - 0.5), 0.0)
