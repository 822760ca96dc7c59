"""Files of sound, by the suffix of their name: WAV with what a sequencer reads, AIFF, FLAC and Ogg Vorbis.

WAV is the house's own, for its chunks; the others are libsndfile's. All but Ogg hold the same 24 bits a sample.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, TypedDict

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import OutputError
from bandmate.io.atomic import atomic_write, write_bytes_atomic
from bandmate.io.wave import write_wav24


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """A format of sound: its name, and libsndfile's names for container and coding; "" where the house writes it."""

    name: str
    container: str = ""
    coding: str = ""


_AIFF, _OGG = SoundFormat("AIFF", "AIFF", "PCM_24"), SoundFormat("Ogg Vorbis", "OGG", "VORBIS")
SOUND_FORMATS: dict[str, SoundFormat] = {
    ".wav": SoundFormat("WAV"),
    ".aiff": _AIFF,
    ".aif": _AIFF,
    ".flac": SoundFormat("FLAC", "FLAC", "PCM_24"),
    ".ogg": _OGG,
}
_VORBIS_LEVEL = 0.3  # libsndfile's scale from best to smallest: Vorbis quality 7, about 224 kbit/s of stereo
_PIECE = 1 << 14  # frames handed over at once; libsndfile puts a block of Vorbis on its stack
_OUR_SERIAL = b"band"
_SERIAL, _CHECKSUM, _SEGMENTS = slice(14, 18), slice(22, 26), 26  # of a page's header (RFC 3533, section 6)
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


class SoundTags(TypedDict, total=False):
    """What a file says of its sound: the arguments of `write_wav24`."""

    tempo_bpm: float | None
    beats: int | None
    meter: tuple[int, int] | None
    loop: tuple[int, int] | None
    root: int | None


def is_sound_name(path: str | Path) -> bool:
    """Whether a name ends as a file of sound that is written here."""
    return Path(path).suffix.lower() in SOUND_FORMATS


def write_sound(path: str | Path, samples: NDArray[Any], rate: int, tags: SoundTags | None = None) -> Path:
    """Write sound in the format that the suffix names, whole or not at all; the same bytes every time.

    Args:
        path: the file.
        samples: 1.0 = full scale, clipped beyond; float (channels, n).
        rate: Hz.
        tags: tempo, meter and loop: chunks of a WAV; tempo and meter are a comment in the others.

    Returns:
        The path as written.

    Raises:
        OutputError: the suffix names no format of sound, the file would pass what it can hold, or the place cannot be
            written (full disk included).
    """
    place = Path(path)
    known = SOUND_FORMATS.get(place.suffix.lower())
    if known is None:
        raise OutputError(f"{place}: {no_sound(place.suffix)}")
    if not known.container:
        return write_wav24(place, samples, rate, **(tags or {}))
    if known is _OGG:
        buffer = io.BytesIO()
        _encode(buffer, samples, rate, known, tags or {})
        return write_bytes_atomic(place, _with_serial(buffer.getvalue()))
    with atomic_write(place) as temporary:
        temporary.touch()  # says in the system's own words if it cannot be
        try:
            _encode(str(temporary), samples, rate, known, tags or {})
        except (RuntimeError, AssertionError) as error:  # how soundfile tells that libsndfile could not write all
            raise OSError(0, "the disk took only a part of it") from error
    return place


def near_sound(suffix: str) -> str:
    """The suffix of sound that was meant by one that is none, such as `.flc`; "" where none was."""
    return next(iter(get_close_matches(suffix.lower(), SOUND_FORMATS, 1, 0.7)), "")


def no_sound(suffix: str) -> str:
    """What is wrong with a suffix that is none of SOUND_FORMATS, as a part of a sentence."""
    meant = near_sound(suffix)
    cure = f"did you mean {meant}" if meant else f"give {', '.join(SOUND_FORMATS)}"
    return f"'{suffix}' is no format of sound written here; {cure}"


def _encode(out: str | BinaryIO, samples: NDArray[Any], rate: int, known: SoundFormat, tags: SoundTags) -> None:
    import soundfile

    level = _VORBIS_LEVEL if known is _OGG else None
    with soundfile.SoundFile(
        out, "w", rate, samples.shape[0], known.coding, format=known.container, compression_level=level
    ) as file:
        comment = _comment(tags)
        if comment:
            file.comment = comment
        for start in range(0, samples.shape[1], _PIECE):
            piece = samples[:, start : start + _PIECE].T
            # as the WAV rounds, so that what is decoded are its very samples; libsndfile alone would wrap beyond 1.0
            file.write(piece.astype(np.float32) if known is _OGG else _as_24_bits(piece))


def _as_24_bits(piece: NDArray[Any]) -> NDArray[np.int32]:
    full = 2**23
    scaled = np.multiply(piece, full, dtype=np.float64 if piece.dtype == np.float64 else np.float32)
    return np.ascontiguousarray(np.clip(np.rint(scaled), -full, full - 1).astype(np.int32) << 8)


def _comment(tags: SoundTags) -> str:
    tempo, meter = tags.get("tempo_bpm"), tags.get("meter")
    said = [f"{tempo:g} BPM"] if tempo is not None else []
    return ", ".join(said + ([f"{meter[0]}/{meter[1]}"] if meter else []))


def _with_serial(stream: bytes) -> bytes:
    """An Ogg stream under a number that is always the same; libsndfile draws another at every call."""
    pages = bytearray(stream)
    at = 0
    while at < len(pages):
        head = at + _SEGMENTS + 1 + pages[at + _SEGMENTS]
        end = head + sum(pages[at + _SEGMENTS + 1 : head])
        page = pages[at:end]
        page[_SERIAL], page[_CHECKSUM] = _OUR_SERIAL, bytes(4)
        page[_CHECKSUM] = _page_checksum(page)
        pages[at:end] = page
        at = end
    return bytes(pages)


def _page_checksum(page: bytearray) -> bytes:
    """Ogg's CRC-32: that of zlib, but with the bits of every byte and of the sum mirrored, and nothing inverted."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2).to_bytes(4, "little")
