"""What a player can play: samples, the zones of keys and velocities they answer to, and their settings.

The settings are SoundFont generators, whatever the source: a SoundFont, a synthesised kit or a folder of one-shots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Generator(IntEnum):
    """SoundFont 2.04, section 8.1.2; times in timecents, pitches in cents, levels in centibels."""

    START_OFFSET = 0
    END_OFFSET = 1
    LOOP_START_OFFSET = 2
    LOOP_END_OFFSET = 3
    START_COARSE = 4
    MOD_LFO_PITCH = 5
    VIB_LFO_PITCH = 6
    MOD_ENV_PITCH = 7
    CUTOFF = 8
    RESONANCE = 9
    MOD_LFO_CUTOFF = 10
    MOD_ENV_CUTOFF = 11
    END_COARSE = 12
    MOD_LFO_VOLUME = 13
    CHORUS = 15
    REVERB = 16
    PAN = 17
    MOD_LFO_DELAY = 21
    MOD_LFO_RATE = 22
    VIB_LFO_DELAY = 23
    VIB_LFO_RATE = 24
    MOD_DELAY = 25
    MOD_ATTACK = 26
    MOD_HOLD = 27
    MOD_DECAY = 28
    MOD_SUSTAIN = 29
    MOD_RELEASE = 30
    MOD_KEY_HOLD = 31
    MOD_KEY_DECAY = 32
    VOL_DELAY = 33
    VOL_ATTACK = 34
    VOL_HOLD = 35
    VOL_DECAY = 36
    VOL_SUSTAIN = 37
    VOL_RELEASE = 38
    VOL_KEY_HOLD = 39
    VOL_KEY_DECAY = 40
    INSTRUMENT = 41
    KEY_RANGE = 43
    VELOCITY_RANGE = 44
    LOOP_START_COARSE = 45
    KEY = 46
    VELOCITY = 47
    ATTENUATION = 48
    LOOP_END_COARSE = 50
    COARSE_TUNE = 51
    FINE_TUNE = 52
    SAMPLE = 53
    SAMPLE_MODE = 54
    SCALE_TUNING = 56
    EXCLUSIVE_CLASS = 57
    ROOT_KEY = 58


DRUM_BANK = 128
NEVER = -12000  # timecents: about a millisecond, the shortest time
OPEN_CUTOFF = 13500  # cents: the filter lets everything through
DEFAULTS: dict[int, int] = {
    **dict.fromkeys(Generator, 0),
    Generator.CUTOFF: OPEN_CUTOFF,
    Generator.KEY: -1,
    Generator.VELOCITY: -1,
    Generator.SCALE_TUNING: 100,
    Generator.ROOT_KEY: -1,
    **dict.fromkeys(
        (
            Generator.MOD_LFO_DELAY,
            Generator.VIB_LFO_DELAY,
            Generator.MOD_DELAY,
            Generator.MOD_ATTACK,
            Generator.MOD_HOLD,
            Generator.MOD_DECAY,
            Generator.MOD_RELEASE,
            Generator.VOL_DELAY,
            Generator.VOL_ATTACK,
            Generator.VOL_HOLD,
            Generator.VOL_DECAY,
            Generator.VOL_RELEASE,
        ),
        NEVER,
    ),
}


class Modulator(NamedTuple):
    """One row of a SoundFont modulator table."""

    source: int
    target: int
    amount: int
    second_source: int
    transform: int

    @property
    def identity(self) -> tuple[int, int, int]:
        """Two modulators of one identity replace each other."""
        return self.source, self.target, self.second_source


@dataclass(slots=True, eq=False)
class Sample:
    """One mono recording, decoded at first use.

    Attributes:
        load: gives float32 (n,). rate: Hz. loop_start, loop_end: samples from its start, end exclusive.
        root: the key it was recorded at. correction_cents: how far it is to be tuned.
    """

    load: Callable[[], NDArray[np.float32]]
    rate: int
    loop_start: int = 0
    loop_end: int = 0
    root: int = 60
    correction_cents: float = 0.0
    _data: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def data(self) -> NDArray[np.float32]:
        """The samples, float32 (n,), kept once decoded."""
        if self._data is None:
            self._data = np.ascontiguousarray(self.load(), np.float32)
        return self._data

    @property
    def decoded_bytes(self) -> int:
        """Memory of the decoded samples, 0 before they are asked for."""
        return 0 if self._data is None else self._data.nbytes

    def forget(self) -> None:
        """Give the decoded samples back; they are decoded again when needed."""
        self._data = None


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A sample with the keys and velocities (inclusive) it answers to and its settings, all generators present.

    `modulators` replace the default ones of the specification, `preset_modulators` add to them.
    """

    keys: tuple[int, int]
    velocities: tuple[int, int]
    generators: dict[int, int]
    modulators: tuple[Modulator, ...]
    preset_modulators: tuple[Modulator, ...]
    sample: Sample


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A named set of zones."""

    name: str
    zones: tuple[Zone, ...]

    def answering(self, key: int, velocity: int) -> list[Zone]:
        """The zones that sound for a key at a velocity."""
        return [
            zone
            for zone in self.zones
            if zone.keys[0] <= key <= zone.keys[1] and zone.velocities[0] <= velocity <= zone.velocities[1]
        ]
