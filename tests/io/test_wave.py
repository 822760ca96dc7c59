"""24-bit WAV files, read back byte by byte and by libsndfile."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from bandmate.errors import OutputError
from bandmate.io.wave import FULL_SCALE, STEP, write_wav24


def chunks(path: Path) -> dict[str, bytes]:
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WAVE"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    found, at = {}, 12
    while at < len(data):
        name, size = data[at : at + 4].decode(), struct.unpack("<I", data[at + 4 : at + 8])[0]
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)
    assert at == len(data)
    return found


@given(st.lists(st.integers(-FULL_SCALE, FULL_SCALE - 1), min_size=1, max_size=99), st.sampled_from([1, 2]))
def test_every_24_bit_value_comes_back(tmp_path_factory, values, channels):
    path = tmp_path_factory.mktemp("w") / "a.wav"
    samples = np.tile(np.array(values, np.float64) / FULL_SCALE, (channels, 1))
    write_wav24(path, samples, 44100)
    read, rate = soundfile.read(path, dtype="float64", always_2d=True)
    assert rate == 44100
    np.testing.assert_array_equal(read.T, samples)
    assert "data" in chunks(path)


def test_rounding_is_within_half_a_step_and_full_scale_is_clipped(tmp_path):
    samples = np.array([[0.1234567, 1.5, -1.5, 1.0]], np.float32)
    write_wav24(tmp_path / "a.wav", samples, 48000)
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="float64")
    assert abs(read[0] - samples[0, 0]) <= STEP / 2
    assert read[1:].tolist() == [1 - STEP, -1.0, 1 - STEP]


def test_tempo_meter_beats_and_loop_stand_in_their_chunks(tmp_path):
    path = tmp_path / "loop.wav"
    loop = (0, 88200)
    write_wav24(path, np.zeros((2, 88200)), 44100, tempo_bpm=120.0, beats=4, meter=(3, 4), loop=loop, root=57)
    found = chunks(path)
    flags, root, _, _, beats, denominator, numerator, tempo = struct.unpack("<IHHfIHHf", found["acid"])
    assert (flags, root, beats, numerator, denominator, tempo) == (6, 57, 4, 3, 4, 120.0)
    assert struct.unpack("<9I", found["smpl"][:36])[3] == 57
    assert struct.unpack("<6I", found["smpl"][36:])[2:4] == (0, 88199)
    assert struct.unpack("<HHIIHH", found["fmt "]) == (1, 2, 44100, 44100 * 6, 6, 24)


def test_without_beats_it_is_a_one_shot(tmp_path):
    write_wav24(tmp_path / "a.wav", np.zeros((1, 3)), 44100, tempo_bpm=93.5)
    flags, *_, tempo = struct.unpack("<IHHfIHHf", chunks(tmp_path / "a.wav")["acid"])
    assert flags == 1
    assert tempo == 93.5


def test_libsndfile_reads_the_tempo(tmp_path):
    write_wav24(tmp_path / "a.wav", np.zeros((2, 100)), 44100, tempo_bpm=128.0, beats=640, meter=(4, 4))
    assert "Tempo     : 128" in soundfile.info(tmp_path / "a.wav", verbose=True).extra_info


def test_more_than_4_gb_is_refused_before_a_byte_is_written(tmp_path):
    endless = np.broadcast_to(np.float32(0), (2, 2**30))
    with pytest.raises(OutputError, match=r"would pass the 4 GB of a WAV file; render at most 270 minutes"):
        write_wav24(tmp_path / "a.wav", endless, 44100)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = write_wav24(tmp_path / "a.wav", np.zeros((1, 8)), 44100)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bandmate.io.wave._write_pcm", full)
    with pytest.raises(OutputError, match=r"a\.wav cannot be written: No space left on device"):
        write_wav24(path, np.ones((1, 8)), 44100)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]
