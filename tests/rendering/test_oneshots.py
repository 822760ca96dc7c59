"""Folders of a musician's sounds: what a name means, what a pitch is, and what is wrong with a folder."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bandmate.audio.signal import Signal
from bandmate.errors import FileFormatError, UserError
from bandmate.rendering.instrument import Generator, Instrument
from bandmate.rendering.oneshots import drum_key, heard_pitch, read_drum_kit, read_pitched, root_key

RATE = 44100
NOTHING = Instrument("nothing", ())


def put(path, hz: float = 200.0, seconds: float = 0.3, channels: int = 1, silence: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(seconds * RATE)) / RATE
    wave = np.concatenate([np.zeros(int(silence * RATE)), 0.5 * np.sin(2 * np.pi * hz * times) * np.exp(-times * 3)])
    soundfile.write(path, np.stack([wave] * channels, 1), RATE, subtype="PCM_24")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Kick 03", 36), ("BD_hard", 36), ("bassdrum1", 36), ("TR808-SD-01", 38), ("Snare Top", 38), ("clap", 39),
        ("CP", 39), ("hihat-close", 42), ("HH_closed", 42), ("hhclosed-2", 42), ("CH", 42), ("hat 1", 42),
        ("HiHat-Open_2", 46), ("OH", 46), ("Open Hat 2", 46), ("hhopen-1", 46), ("pedal hat", 44), ("Ride", 51),
        ("crash_16in", 49), ("cymbal", 49), ("tom-hi", 50), ("Low Tom", 43), ("mid-tom", 47), ("floor tom", 43),
        ("rimshot", 37), ("Cowbell", 56), ("conga-low", 64), ("conga-hi", 63), ("maraca", 70), ("clave", 75),
        ("Shaker", 70), ("tambourine", 54), ("splash", 55), ("perc_3", 76),
    ],
)  # fmt: skip
def test_a_name_says_which_drum(name, key):
    assert drum_key(name)[0] == key


@pytest.mark.parametrize("name", ["pad warm", "ambience", "chord Cm", "bass"])
def test_a_name_without_a_drum_says_none(name):
    assert drum_key(name) == ()


@pytest.mark.parametrize(
    ("name", "key"),
    [("Bass_C2", 36), ("bass F#1", 30), ("Eb3-soft", 51), ("sub-A-1", 9), ("pno_060", 60), ("Fs2", 42), ("sub", None),
     ("loop 120bpm", None), ("bass 01", None), ("bass 120bpm C2", 36)],
)  # fmt: skip
def test_a_name_says_the_root(name, key):
    assert root_key(name) == key


@pytest.mark.parametrize("hz", [41.2, 55.0, 110.0, 261.6, 880.0])
def test_a_pitch_is_heard(hz):
    times = np.arange(RATE) / RATE
    rich = sum(np.sin(2 * np.pi * hz * n * times) / n for n in (1, 2, 3)) * np.exp(-times)
    assert heard_pitch(Signal(rich[None].astype(np.float32), RATE)) == pytest.approx(
        69 + 12 * np.log2(hz / 440), abs=0.08
    )


def test_noise_has_no_pitch():
    noise = np.random.default_rng(3).standard_normal((1, RATE)).astype(np.float32)
    assert heard_pitch(Signal(noise, RATE)) is None


def test_a_kit_takes_files_by_name_then_by_folder(tmp_path):
    put(tmp_path / "808 BD.wav", silence=0.2)
    put(tmp_path / "snare" / "a1.wav")
    put(tmp_path / "Hats" / "open hat.wav", channels=2)
    kit = read_drum_kit(tmp_path, NOTHING)
    assert [len(kit.answering(key, 100)) for key in (36, 35, 38, 40, 46, 42, 51)] == [1, 1, 1, 1, 2, 0, 0]
    kick = kit.answering(36, 100)[0].sample.data
    assert abs(kick).max() == pytest.approx(0.9, abs=1e-4)
    assert np.flatnonzero(abs(kick) > 0.01)[0] < 0.002 * RATE  # the silence before it is gone
    assert [zone.generators[Generator.PAN] for zone in kit.answering(46, 100)] == [-500, 500]


def test_a_multisample_covers_the_keyboard(tmp_path):
    put(tmp_path / "bass_C1.wav")
    put(tmp_path / "bass_C2.wav")
    bass = read_pitched(tmp_path)
    assert [(zone.keys, zone.sample.root) for zone in bass.zones] == [((0, 30), 24), ((31, 127), 36)]


def test_a_root_is_heard_or_else_c3(tmp_path):
    put(tmp_path / "a" / "one.wav", hz=110.5)
    zone = read_pitched(tmp_path / "a").zones[0]
    assert zone.sample.root == 45
    assert zone.sample.correction_cents == pytest.approx(-1200 * np.log2(110.5 / 110), abs=4)
    (tmp_path / "b").mkdir()
    soundfile.write(tmp_path / "b" / "x.wav", np.random.default_rng(0).uniform(-0.5, 0.5, RATE), RATE)
    assert read_pitched(tmp_path / "b").zones[0].sample.root == 48


def test_what_is_wrong_with_a_folder_is_said(tmp_path):
    with pytest.raises(UserError, match=r"gone for the drum kit is not there; check the path"):
        read_drum_kit(tmp_path / "gone", NOTHING)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty for the sounds holds no sound; put WAV"):
        read_pitched(tmp_path / "empty")
    put(tmp_path / "odd" / "warm pad.wav")
    with pytest.raises(UserError, match=r"no file in .*odd names a drum; call them for example kick\.wav"):
        read_drum_kit(tmp_path / "odd", NOTHING)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "kick.wav").write_bytes(b"RIFF not really")
    with pytest.raises(FileFormatError, match=r"kick\.wav cannot be read as sound"):
        read_drum_kit(tmp_path / "bad", NOTHING)
