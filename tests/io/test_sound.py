"""Sound files by suffix: the same samples, the same bytes, whole or not at all."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import soundfile

from bandmate.errors import OutputError
from bandmate.io.sound import SOUND_FORMATS, write_sound

RATE = 44100
TAGS = {"tempo_bpm": 92.5, "meter": (7, 8)}


def chord(seconds: float = 1.5) -> np.ndarray:
    """Two channels, a little beyond full scale at its loudest."""
    time = np.arange(round(seconds * RATE)) / RATE
    left = sum(np.sin(2 * np.pi * hz * time) for hz in (220.0, 277.2, 329.6)) * 0.35
    return np.stack([left, left * 0.5]).astype(np.float32)


@pytest.mark.parametrize("suffix", [".aiff", ".aif", ".flac"])
def test_lossless_formats_hold_the_samples_of_the_wav(tmp_path, suffix):
    wav, other = (write_sound(tmp_path / f"a{end}", chord(), RATE, TAGS) for end in (".wav", suffix))
    one, two = soundfile.read(str(wav), dtype="int32"), soundfile.read(str(other), dtype="int32")
    assert one[1] == two[1] == RATE and np.array_equal(one[0], two[0])
    assert soundfile.info(str(other)).subtype == "PCM_24"


def test_ogg_is_near_and_small(tmp_path):
    ogg, wav = write_sound(tmp_path / "a.ogg", chord(), RATE), write_sound(tmp_path / "a.wav", chord(), RATE)
    heard, rate = soundfile.read(str(ogg))
    asked = np.clip(chord().T, -1, 1)
    assert rate == RATE and heard.shape == asked.shape
    assert np.sqrt(np.mean((heard - asked) ** 2)) < 0.02 * np.sqrt(np.mean(asked**2))
    assert ogg.stat().st_size * 5 < wav.stat().st_size


@pytest.mark.parametrize("suffix", SOUND_FORMATS)
def test_the_same_sound_is_the_same_bytes_and_loud_samples_do_not_wrap(tmp_path, suffix):
    one, two = (write_sound(tmp_path / f"{name}{suffix}", chord(), RATE, TAGS) for name in "ab")
    assert one.read_bytes() == two.read_bytes()
    asked, heard = np.clip(chord(), -1, 1)[0], soundfile.read(str(one))[0][:, 0]
    assert np.abs(heard - asked).max() < 0.2  # a sample that wrapped would be 2 away


@pytest.mark.parametrize("suffix", [".aiff", ".flac", ".ogg"])
def test_tempo_and_meter_are_said(tmp_path, suffix):
    with soundfile.SoundFile(str(write_sound(tmp_path / f"a{suffix}", chord(), RATE, TAGS))) as file:
        assert file.comment == "92.5 BPM, 7/8"
    with soundfile.SoundFile(str(write_sound(tmp_path / f"b{suffix}", chord(), RATE))) as file:
        assert file.comment == ""


def test_suffixes_in_capitals_count(tmp_path):
    assert soundfile.info(str(write_sound(tmp_path / "A.FLAC", chord(), RATE))).format == "FLAC"


@pytest.mark.parametrize(
    ("suffix", "cure"),
    [(".mp4", r"give \.wav, \.aiff"), (".flc", r"did you mean \.flac"), (".wave", r"did you mean \.wav")],
)
def test_another_suffix_is_refused(tmp_path, suffix, cure):
    with pytest.raises(OutputError, match=rf"'{suffix}' is no format of sound written here; {cure}"):
        write_sound(tmp_path / f"a{suffix}", chord(), RATE)


@pytest.mark.parametrize("suffix", SOUND_FORMATS)
def test_a_place_in_the_way_is_told_as_it_is(tmp_path, suffix):
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(OutputError, match="taken is a file, not a folder"):
        write_sound(tmp_path / "taken" / f"a{suffix}", chord(), RATE)
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(OutputError, match="a folder of that name is in the way"):
        write_sound(tmp_path / f"folder{suffix}", chord(), RATE)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("suffix", SOUND_FORMATS)
def test_a_full_disk_leaves_what_was_there(tmp_path, suffix):
    import resource

    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"yesterday's mix")
    noise = np.random.default_rng(0).uniform(-1, 1, (2, RATE)).astype(np.float32)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_sound(path, noise, RATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [item.name for item in tmp_path.iterdir()] == [path.name] and path.read_bytes() == b"yesterday's mix"
