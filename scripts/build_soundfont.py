"""Build the SF3 that Bandmate ships from FluidR3_GM.sf2: every preset kept, each sample an Ogg Vorbis stream.

Usage: python scripts/build_soundfont.py FluidR3_GM.sf2 src/bandmate/data/sounds/fluid_r3.sf3
"""

from __future__ import annotations

import argparse
import io
import struct
from pathlib import Path

import numpy as np
import soundfile

from bandmate.rendering.soundfont import TABLES, VORBIS, SoundFont

PIECE = 65536  # libsndfile can crash on one very long Vorbis write
CEILING = 0.99  # Vorbis overshoots; a full-scale sample would clip


def vorbis(samples: np.ndarray, rate: int, level: float) -> bytes:
    """Encode mono float samples; a higher level makes a smaller file."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", samplerate=rate, channels=1, format="OGG", subtype="VORBIS", compression_level=level
    ) as file:
        for start in range(0, len(samples), PIECE):
            file.write(samples[start : start + PIECE])
    return buffer.getvalue()


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(crc)
    return table


CRC_TABLE = _crc_table()


def fix_serial(stream: bytes, serial: int) -> bytes:
    """Give every Ogg page a known serial number, since the encoder draws one at random: same input, same bytes."""
    pages = bytearray(stream)
    at = 0
    while at < len(pages):
        segments = pages[at + 26]
        end = at + 27 + segments + sum(pages[at + 27 : at + 27 + segments])
        struct.pack_into("<II", pages, at + 14, serial, struct.unpack_from("<I", pages, at + 18)[0])
        struct.pack_into("<I", pages, at + 22, 0)
        crc = 0
        for byte in pages[at:end]:
            crc = (crc << 8 & 0xFFFFFFFF) ^ CRC_TABLE[crc >> 24 ^ byte]
        struct.pack_into("<I", pages, at + 22, crc)
        at = end
    return bytes(pages)


def encode_samples(font: SoundFont, level: float) -> tuple[bytes, np.ndarray]:
    """All samples as streams, and their headers with loops counted from each sample's start."""
    headers = font.shdr.copy()
    body = bytearray()
    for index in range(len(headers) - 1):
        header = font.shdr[index]
        pcm = np.frombuffer(font.raw_sample(index), "<i2").astype(np.float32) / 32768
        loudest = float(np.abs(pcm).max()) if len(pcm) else 0.0
        if loudest > CEILING:
            pcm = pcm * (CEILING / loudest)
        start = len(body)
        stream = vorbis(pcm if len(pcm) else np.zeros(64, np.float32), max(1, int(header["rate"])), level)
        body += fix_serial(stream, index + 1)
        headers[index]["start"], headers[index]["end"] = start, len(body)
        for name in ("loop_start", "loop_end"):
            headers[index][name] = min(max(int(header[name]) - int(header["start"]), 0), len(pcm))
        headers[index]["type"] = int(header["type"]) & 0x7FFF | VORBIS
    return bytes(body), headers


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk with its pad byte."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def build(source: Path, target: Path, level: float) -> int:
    """Write the SF3 and return its size in bytes."""
    font = SoundFont(source)
    body, headers = encode_samples(font, level)
    tables = {name: getattr(font, name) for name in TABLES} | {"shdr": headers}
    info = (
        chunk(b"ifil", struct.pack("<HH", 3, 1))
        + chunk(b"isng", b"EMU8000\0")
        + chunk(b"INAM", b"FluidR3 GM, Vorbis\0\0")
        + chunk(b"ICOP", b"MIT, (c) 2000-2002, 2008 Frank Wen\0\0")
    )
    pdta = b"".join(chunk(name.encode(), tables[name].tobytes()) for name in TABLES)
    whole = b"sfbk" + b"".join(
        chunk(b"LIST", kind + content)
        for kind, content in ((b"INFO", info), (b"sdta", chunk(b"smpl", body)), (b"pdta", pdta))
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(chunk(b"RIFF", whole))
    return target.stat().st_size


def main() -> None:
    """Parse the arguments and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="FluidR3_GM.sf2 (MIT)")
    parser.add_argument("target", type=Path)
    parser.add_argument("--level", type=float, default=0.6, help="Vorbis compression level, 0 best .. 1 smallest")
    options = parser.parse_args()
    size = build(options.source, options.target, options.level)
    print(f"{options.target}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
