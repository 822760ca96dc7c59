"""From a zone, a key and a velocity to the numbers a voice is played with.

Source: SoundFont 2.04, sections 8 and 9. Departures, all as FluidSynth plays and measured against it: attenuation
counts 0.4-fold, as fonts made for the EMU cards expect; a modulator with a second source is left out; the default
modulator of velocity on the filter is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.envelopes import (
    ModulationEnvelope,
    VolumeEnvelope,
    ratio_from_cents,
    seconds_from_timecents,
)
from bandmate.rendering.instrument import Generator as Gen
from bandmate.rendering.instrument import Modulator, Zone

ATTENUATION_SCALE = 0.4
MASTER_GAIN = 0.384  # twice FluidSynth's usual 0.2, less 0.35 dB by which it was measured louder: room for a full band
FILTER_GAIN = 1.189  # the open low-pass of FluidSynth is 1.5 dB loud
LOWEST_HZ = 8.176  # of pitch 0 and of cutoff 0
FILTER_OPEN_CENTS = 13490.0
VELOCITY_TO_ATTENUATION = 0x502  # the default modulator's source: velocity, concave, falling
_COARSE = 32768


@dataclass(frozen=True, slots=True, eq=False)
class Voicing:
    """How one zone sounds at one key and velocity.

    Attributes:
        step: samples of the recording a second of output takes, over the output rate.
        loop: 0 none, 1 always, 3 until the key is released. loop_start, loop_end, position: in samples.
        level: amplitude before envelope and controllers. pan: -500 left .. 500 right.
        cutoff_cents, resonance: of the low-pass, resonance as a quality factor.
    """

    step: float
    position: float
    loop: int
    loop_start: int
    loop_end: int
    level: float
    pan: float
    cutoff_cents: float
    resonance: float
    filtered: bool
    envelope: VolumeEnvelope
    modulation: ModulationEnvelope
    mod_lfo: tuple[float, float]  # delay in seconds, rate in Hz
    vib_lfo: tuple[float, float]
    mod_lfo_pitch: float
    vib_lfo_pitch: float
    mod_env_pitch: float
    mod_lfo_cutoff: float
    mod_env_cutoff: float
    mod_lfo_volume: float
    exclusive_class: int

    @property
    def bends_itself(self) -> bool:
        """Whether its pitch moves without the player."""
        return bool(self.mod_lfo_pitch or self.vib_lfo_pitch or self.mod_env_pitch)

    @property
    def only_filter_knows_release(self) -> bool:
        """Whether letting go of the key moves the filter and nothing else of the tone, at a pitch that stays."""
        return self.knows_release and self.loop != 3 and not self.bends_itself

    @property
    def knows_release(self) -> bool:
        """Whether its tone, not only its volume, changes when the key is released."""
        return self.loop == 3 or bool(self.mod_env_pitch or (self.mod_env_cutoff and self.filtered))


def voicing(zone: Zone, key: int, velocity: int, rate: int) -> Voicing:
    """Work out how a zone plays a key at a velocity, for an output rate in Hz."""
    settings: dict[int, float] = dict(zone.generators)
    key = int(settings[Gen.KEY]) if settings[Gen.KEY] >= 0 else key
    velocity = int(settings[Gen.VELOCITY]) if settings[Gen.VELOCITY] >= 0 else velocity
    curve = _apply_modulators(settings, zone, key, velocity)
    sample, length = zone.sample, len(zone.sample.data)
    loop_start = sample.loop_start + int(settings[Gen.LOOP_START_OFFSET] + _COARSE * settings[Gen.LOOP_START_COARSE])
    loop_end = sample.loop_end + int(settings[Gen.LOOP_END_OFFSET] + _COARSE * settings[Gen.LOOP_END_COARSE])
    mode = int(settings[Gen.SAMPLE_MODE]) & 3
    loops = mode in (1, 3) and 0 <= loop_start < loop_end - 1 and loop_end <= length
    root = int(settings[Gen.ROOT_KEY]) if 0 <= settings[Gen.ROOT_KEY] <= 127 else sample.root
    cents = (key - root) * settings[Gen.SCALE_TUNING] + 100 * settings[Gen.COARSE_TUNE] + settings[Gen.FINE_TUNE]
    attenuation = zone.generators[Gen.ATTENUATION] * ATTENUATION_SCALE + settings[-1]
    level = FILTER_GAIN * MASTER_GAIN * 10.0 ** (-attenuation / 200.0) * (velocity / 127.0) ** (2.0 * curve / 960.0)
    swept = settings[Gen.MOD_LFO_CUTOFF] or settings[Gen.MOD_ENV_CUTOFF]
    lowest = settings[Gen.CUTOFF] + min(settings[Gen.MOD_ENV_CUTOFF], 0.0) - abs(settings[Gen.MOD_LFO_CUTOFF])
    filtered = settings[Gen.RESONANCE] > 0 or (lowest if swept else settings[Gen.CUTOFF]) < FILTER_OPEN_CENTS
    return Voicing(
        step=ratio_from_cents(cents + sample.correction_cents) * sample.rate / rate,
        position=float(max(0, settings[Gen.START_OFFSET] + _COARSE * settings[Gen.START_COARSE])),
        loop=mode if loops else 0,
        loop_start=loop_start,
        loop_end=loop_end,
        level=level,
        pan=settings[Gen.PAN],
        cutoff_cents=settings[Gen.CUTOFF],
        resonance=max(10.0 ** ((settings[Gen.RESONANCE] / 10.0 - 3.01) / 20.0), 0.5),
        filtered=bool(filtered),
        envelope=VolumeEnvelope.of(settings, key),
        modulation=ModulationEnvelope.of(settings, key),
        mod_lfo=(
            seconds_from_timecents(settings[Gen.MOD_LFO_DELAY]),
            LOWEST_HZ * ratio_from_cents(settings[Gen.MOD_LFO_RATE]),
        ),
        vib_lfo=(
            seconds_from_timecents(settings[Gen.VIB_LFO_DELAY]),
            LOWEST_HZ * ratio_from_cents(settings[Gen.VIB_LFO_RATE]),
        ),
        mod_lfo_pitch=settings[Gen.MOD_LFO_PITCH],
        vib_lfo_pitch=settings[Gen.VIB_LFO_PITCH],
        mod_env_pitch=settings[Gen.MOD_ENV_PITCH],
        mod_lfo_cutoff=settings[Gen.MOD_LFO_CUTOFF],
        mod_env_cutoff=settings[Gen.MOD_ENV_CUTOFF],
        mod_lfo_volume=settings[Gen.MOD_LFO_VOLUME],
        exclusive_class=int(settings[Gen.EXCLUSIVE_CLASS]),
    )


_NOTE_ON_TARGETS = {Gen.CUTOFF, Gen.VOL_ATTACK, Gen.VOL_DECAY, Gen.VOL_RELEASE, Gen.MOD_ATTACK, Gen.MOD_DECAY}


def _apply_modulators(settings: dict[int, float], zone: Zone, key: int, velocity: int) -> float:
    """Add what velocity and key do to the settings (row -1: attenuation in cB); return the velocity curve's depth."""
    depth, settings[-1] = 960.0, 0.0
    for own, modulator in [(True, m) for m in zone.modulators] + [(False, m) for m in zone.preset_modulators]:
        if own and modulator.source == VELOCITY_TO_ATTENUATION and modulator.target == Gen.ATTENUATION:
            depth = float(modulator.amount)
            continue
        value = _source(modulator, key, velocity)
        if value is None or modulator.second_source:
            continue
        if modulator.target == Gen.ATTENUATION:
            settings[-1] += modulator.amount * value
        elif modulator.target in _NOTE_ON_TARGETS:
            settings[modulator.target] += modulator.amount * value
    return depth


def _source(modulator: Modulator, key: int, velocity: int) -> float | None:
    """Value of a velocity or key source on its curve (linear or concave), None for any other."""
    controller, shape = modulator.source & 0xFF, modulator.source >> 10
    if controller not in (2, 3) or shape > 1:
        return None
    value = (velocity if controller == 2 else key) / 127.0
    if modulator.source & 0x100:
        value = 1.0 - value
    if shape == 1:
        return min(1.0, -400.0 / 960.0 * math.log10(max(1.0 - value, 1 / 127)))
    return 2.0 * value - 1.0 if modulator.source & 0x200 else value


def lowpass(cutoff_cents: NDArray[np.float64], resonance: float, rate: int) -> NDArray[np.float64]:
    """Coefficients b0, b1, b2, a1, a2 of FluidSynth's low-pass, one row a cutoff; float64 (n, 5)."""
    frequency = LOWEST_HZ * np.exp2(cutoff_cents / 1200.0)
    angle = 2.0 * np.pi * np.clip(frequency, 5.0, 0.45 * rate) / rate
    cosine, alpha = np.cos(angle), np.sin(angle) / (2.0 * resonance)
    scale = 1.0 / (1.0 + alpha)
    middle = (1.0 - cosine) * scale / math.sqrt(resonance) / FILTER_GAIN
    side = middle / 2.0
    return np.stack([side, middle, side, -2.0 * cosine * scale, (1.0 - alpha) * scale], axis=-1)
