"""Drum kits made from oscillators and noise: programs 24, 25 and 26 of the drum bank, and their kin for genres.

25 is after the TR-808: a long swept sine for the kick, two sines and filtered noise for the snare, six square waves
through a band-pass for the metal. 24 and 26 are after the TR-909: a harder kick with a click, a noisier snare; 26 is
the tighter and brighter of the two. The other styles are these as a genre turns their knobs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.drum_voices import HAT_CLASS, RATE, KitStyle, Voice, voices_of
from bandmate.rendering.instrument import DEFAULTS, Generator, Instrument, Sample, Zone

__all__ = ["HAT_CLASS", "KEPT_LEVEL", "LONG_RELEASE", "PROGRAMS", "RATE", "STYLES", "drum_sound", "synthesised_kits"]

LONG_RELEASE = 8000  # timecents: a struck drum rings on when its key is let go
KEPT_LEVEL = 0.9

_808 = KitStyle("Analog 808")
_909 = KitStyle(
    "Dance 909", kick_hz=54.0, kick_sweep_hz=210.0, kick_sweep_sec=0.014, kick_decay_sec=0.46, kick_click=0.7,
    drive=2.0, snare_hz=(200.0, 360.0), snare_decay_sec=0.13, snare_noise_sec=0.24, snare_noise=1.2, clap_room=0.5,
    hat_closed_sec=0.08, hat_open_sec=0.5, metal_scale=1.35, metal_noise=1.5, tom_hz=118.0, tom_sweep=0.7,
    tom_sweep_sec=0.03, tom_decay_sec=0.5,
)  # fmt: skip
_LINN = KitStyle(
    "Linn", kick_hz=62.0, kick_sweep_hz=60.0, kick_sweep_sec=0.016, kick_decay_sec=0.30, kick_click=0.45, drive=1.6,
    snare_hz=(162.0, 250.0), snare_decay_sec=0.19, snare_noise_sec=0.22, snare_noise=0.7, gate_sec=0.26, clap_room=0.25,
    hat_closed_sec=0.16, hat_open_sec=0.8, metal_scale=0.9, metal_noise=2.0, hat_low_hz=3800.0, tom_hz=115.0,
    tom_sweep=0.5, tom_sweep_sec=0.02, tom_decay_sec=0.8, bits=8,
)  # fmt: skip

STYLES: dict[str, KitStyle] = {
    "electronic": replace(
        _909, name="Electronic", kick_hz=50.0, kick_sweep_hz=140.0, kick_sweep_sec=0.018, kick_decay_sec=0.54,
        kick_click=0.45, drive=1.5, snare_hz=(185.0, 330.0), snare_decay_sec=0.17, snare_noise_sec=0.26,
        metal_scale=1.2, metal_noise=1.1,
    ),
    "808": _808,
    "909": _909,
    "deep 909": replace(_909, name="Deep 909", kick_hz=51.0, kick_sweep_hz=150.0, kick_click=0.3, drive=1.3,
                        snare_noise_sec=0.18, hat_closed_sec=0.06, hat_open_sec=0.35, metal_scale=1.2),
    "techno 909": replace(_909, name="Techno 909", kick_hz=48.0, kick_sweep_hz=280.0, kick_decay_sec=0.5,
                          kick_click=0.8, drive=3.2, hat_open_sec=0.4),
    "minimal": replace(_808, name="Minimal", kick_hz=52.0, kick_sweep_hz=160.0, kick_sweep_sec=0.014,
                       kick_decay_sec=0.32, kick_click=0.35, drive=1.4, snare_noise_sec=0.10, clap_room=0.15,
                       hat_closed_sec=0.05, hat_open_sec=0.3),
    "psy 909": replace(_909, name="Psy 909", kick_hz=52.0, kick_sweep_hz=420.0, kick_sweep_sec=0.014,
                       kick_decay_sec=0.26, kick_click=1.0, drive=2.6, hat_closed_sec=0.05, hat_open_sec=0.25),
    "big 909": replace(_909, name="Big 909", kick_hz=50.0, kick_sweep_hz=320.0, kick_decay_sec=0.6, kick_click=1.0,
                       drive=3.0, snare_noise_sec=0.4, clap_room=0.8),
    "breaks": replace(_909, name="Breaks", kick_hz=58.0, kick_sweep_hz=180.0, kick_sweep_sec=0.012,
                      kick_decay_sec=0.26, kick_click=0.6, snare_hz=(205.0, 410.0), snare_decay_sec=0.12,
                      snare_noise_sec=0.18, snare_noise=1.0, drive=2.2, metal_noise=2.0, hat_closed_sec=0.07),
    "half time": replace(_909, name="Half Time", kick_hz=50.0, kick_sweep_hz=240.0, kick_decay_sec=0.4, drive=2.8,
                         snare_hz=(190.0, 300.0), snare_decay_sec=0.22, snare_noise_sec=0.42, snare_noise=1.4,
                         clap_room=0.8),
    "trap": replace(_808, name="Trap 808", kick_hz=46.0, kick_sweep_hz=120.0, kick_sweep_sec=0.016,
                    kick_decay_sec=0.9, kick_click=0.35, drive=2.0, snare_hz=(215.0, 400.0), snare_noise_sec=0.26,
                    snare_noise=1.2, clap_room=0.5, hat_closed_sec=0.07, metal_scale=1.15),
    "drill": replace(_808, name="Drill 808", kick_hz=48.0, kick_sweep_hz=150.0, kick_sweep_sec=0.014,
                     kick_decay_sec=0.6, kick_click=0.4, drive=2.2, snare_hz=(235.0, 430.0), snare_decay_sec=0.14,
                     snare_noise_sec=0.16, snare_noise=1.0, hat_closed_sec=0.06, metal_scale=1.2),
    "dembow": replace(_808, name="Dembow", kick_hz=55.0, kick_sweep_hz=110.0, kick_sweep_sec=0.014,
                      kick_decay_sec=0.36, kick_click=0.35, drive=1.8, snare_hz=(285.0, 520.0), snare_decay_sec=0.13,
                      snare_noise_sec=0.13, snare_noise=0.8, hat_closed_sec=0.08),
    "afro": replace(_808, name="Afro", kick_hz=54.0, kick_sweep_hz=90.0, kick_decay_sec=0.45, kick_click=0.25,
                    drive=1.3, snare_hz=(240.0, 420.0), snare_decay_sec=0.12, snare_noise_sec=0.12,
                    hat_closed_sec=0.07),
    "linn": _LINN,
    "lofi": replace(_LINN, name="Lo-fi", kick_hz=58.0, kick_sweep_hz=50.0, kick_decay_sec=0.28, kick_click=0.2,
                    snare_hz=(178.0, 300.0), snare_decay_sec=0.15, gate_sec=0.0, hat_closed_sec=0.10),
    "chip": KitStyle("Chip", kick_hz=70.0, kick_sweep_hz=420.0, kick_sweep_sec=0.02, kick_decay_sec=0.16,
                     kick_click=0.0, drive=6.0, snare_hz=(220.0, 440.0), snare_decay_sec=0.05, snare_noise_sec=0.16,
                     snare_noise=2.0, clap_room=0.2, hat_closed_sec=0.05, hat_open_sec=0.22, metal_noise=12.0,
                     hat_low_hz=3000.0, tom_hz=130.0, tom_sweep=1.5, tom_sweep_sec=0.05, tom_decay_sec=0.25, bits=4),
}  # fmt: skip
PROGRAMS = {24: "electronic", 25: "808", 26: "909"}  # the drum bank's programs that are made here


def synthesised_kits(fallback: Instrument, style: str | None = None) -> dict[int, Instrument]:
    """The kits by program; keys they do not have are played by another kit.

    Args:
        fallback: that other kit.
        style: one of STYLES that a genre puts in the place of all of them; None = each its own.
    """
    return {program: _kit(style or own, fallback) for program, own in PROGRAMS.items()}


def drum_sound(style: str | int, key: int) -> NDArray[np.float32] | None:
    """One hit at full velocity, mono float32 at RATE, peak 0.9; None for a key the kit does not have.

    Args:
        style: one of STYLES, or one of PROGRAMS.
        key: MIDI key of the drum.
    """
    name = PROGRAMS[style] if isinstance(style, int) else style
    return _rendered(name, key) if key in _voices(name) else None


def hit_level_cb(key: int) -> float:
    """How far under the loudest drum a key stands in a balanced kit, in centibels."""
    voice = _voices("808").get(key)
    return voice[0] if voice else 60.0


def _kit(style: str, fallback: Instrument) -> Instrument:
    voices = _voices(style)
    zones = []
    for key, (level_cb, pan, group, _) in voices.items():
        settings = {
            **DEFAULTS,
            Generator.ATTENUATION: round(level_cb / 0.4),
            Generator.PAN: pan,
            Generator.EXCLUSIVE_CLASS: group,
            Generator.SCALE_TUNING: 0,
            Generator.VOL_RELEASE: LONG_RELEASE,
        }
        sample = Sample(load=partial(_rendered, style, key), rate=RATE, root=key)
        zones.append(Zone((key, key), (0, 127), settings, (), (), sample))
    rest = tuple(zone for zone in fallback.zones if not (set(range(zone.keys[0], zone.keys[1] + 1)) & set(voices)))
    return Instrument(STYLES[style].name, (*zones, *rest))


@cache
def _voices(style: str) -> dict[int, Voice]:
    return voices_of(STYLES[style])


@cache
def _rendered(style: str, key: int) -> NDArray[np.float32]:
    sound = _voices(style)[key][3]()
    sound *= KEPT_LEVEL / np.abs(sound).max()
    return np.ascontiguousarray(sound, np.float32)
