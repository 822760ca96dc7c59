"""Compressed sound: MP3, which every browser plays, written by the libsndfile that is in the base install."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np

from bandmate.audio.signal import Samples, read_signal
from bandmate.errors import UserError

RATE = 44100  # Hz; the rate of every compressed sound, so that no take is told by its rate
_LEVELS = {160: 0.5, 128: 0.65, 112: 0.7, 96: 0.78}  # kbit/s -> libsndfile's compression level, measured at RATE
_PIECE = 1 << 16  # frames handed over at once; libsndfile puts a block on its stack
# Safari does not play Ogg Vorbis everywhere, therefore MP3 comes first.
_KINDS = (("MP3", "MPEG_LAYER_III", "audio/mpeg"), ("OGG", "VORBIS", "audio/ogg"))


@dataclass(frozen=True, slots=True)
class Compressed:
    """The bytes of a compressed sound file and its media type."""

    data: bytes
    media_type: str

    @property
    def suffix(self) -> str:
        """Of a file that holds it, with the dot."""
        return ".mp3" if self.media_type == "audio/mpeg" else ".ogg"


def compress(samples: Samples, kbps: int = 160) -> Compressed:
    """Compress sound as MP3 of constant bit rate, or as Ogg Vorbis where this libsndfile writes no MP3.

    Args:
        samples: float32 (channels, n) at RATE.
        kbps: 160, 128, 112 or 96 kbit/s.

    Raises:
        UserError: libsndfile writes neither; the message is the cure.
    """
    import soundfile

    for name, subtype, media_type in _KINDS:
        if name in soundfile.available_formats():
            gain = _restoring_gain(name, subtype, kbps)
            return Compressed(_encoded(samples * np.float32(gain), name, subtype, kbps), media_type)
    raise UserError('libsndfile writes neither MP3 nor Ogg here; get a newer one: pip install -U "soundfile>=0.13"')


def _encoded(samples: Samples, name: str, subtype: str, kbps: int) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", RATE, samples.shape[0], format=name, subtype=subtype, compression_level=_LEVELS[kbps],
        bitrate_mode="CONSTANT" if name == "MP3" else None,
    ) as file:  # fmt: skip
        for start in range(0, samples.shape[1], _PIECE):
            file.write(samples[:, start : start + _PIECE].T)
    return buffer.getvalue()


@cache
def _restoring_gain(name: str, subtype: str, kbps: int) -> float:
    """What undoes the encoder's own scaling: LAME lowers everything by 0.2 to 0.45 dB, depending on the bit rate."""
    tone = np.tile(0.25 * np.sin(np.arange(RATE) * (2 * np.pi * 440 / RATE)), (2, 1)).astype(np.float32)
    back = read_signal(_encoded(tone, name, subtype, kbps)).samples
    middle = slice(RATE // 4, RATE // 2)  # away from the ends, where an encoder fades
    return float(np.sqrt(np.mean(tone[:, middle] ** 2) / np.mean(back[:, middle] ** 2)))
