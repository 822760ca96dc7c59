"""A SoundFont of one looped sine, written byte by byte: pitch, level and settings are known exactly."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bandmate.rendering.instrument import Generator
from bandmate.rendering.soundfont import TABLES

RATE = 44100
PERIOD = 100  # samples: 441 Hz
ROOT = 69


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def sine_font(
    path: Path,
    generators: dict[int, int] | None = None,
    *,
    presets: Sequence[tuple[int, int]] = ((0, 0), (128, 0)),
    pcm: np.ndarray | None = None,
) -> Path:
    """Write a font whose presets all play one sample: a sine of 441 Hz at key 69, peak 0.5, looped."""
    wave = np.sin(2 * np.pi * np.arange(PERIOD * 40) / PERIOD) * 16384 if pcm is None else pcm
    pcm16 = np.rint(wave).astype("<i2")
    zone = {Generator.SAMPLE_MODE: 1, Generator.VOL_RELEASE: -12000, **(generators or {})}
    own = [(int(number), amount) for number, amount in sorted(zone.items())] + [(int(Generator.SAMPLE), 0)]
    tables = {
        "phdr": [(b"Sine", program, bank, row, 0, 0, 0) for row, (bank, program) in enumerate(presets)]
        + [(b"EOP", 0, 0, len(presets), 0, 0, 0)],
        "pbag": [(row, 0) for row in range(len(presets) + 1)],
        "pmod": [(0, 0, 0, 0, 0)],
        "pgen": [(int(Generator.INSTRUMENT), 0)] * len(presets) + [(0, 0)],
        "inst": [(b"Sine", 0), (b"EOI", 1)],
        "ibag": [(0, 0), (len(own), 0)],
        "imod": [(0, 0, 0, 0, 0)],
        "igen": [*own, (0, 0)],
        "shdr": [
            (b"Sine", 0, len(pcm16), PERIOD * 10, PERIOD * 20, RATE, ROOT, 0, 0, 1),
            (b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0),
        ],
    }
    pdta = b"".join(chunk(name.encode(), np.array(tables[name], TABLES[name]).tobytes()) for name in TABLES)
    body = (
        b"sfbk"
        + chunk(b"LIST", b"INFO" + chunk(b"ifil", struct.pack("<HH", 2, 1)))
        + chunk(b"LIST", b"sdta" + chunk(b"smpl", pcm16.tobytes()))
        + chunk(b"LIST", b"pdta" + pdta)
    )
    path.write_bytes(chunk(b"RIFF", body))
    return path
