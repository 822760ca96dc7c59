"""Reading SoundFonts: the one that ships, a small one, and broken ones."""

from __future__ import annotations

import pytest
from tests.rendering.fonts import PERIOD, sine_font

from bandmate.errors import FileFormatError, UserError
from bandmate.rendering.instrument import Generator
from bandmate.rendering.soundfont import SoundFont, open_soundfont


def test_the_shipped_font_holds_general_midi_and_31_kits():
    font = open_soundfont()
    assert len(font.presets) == 189
    assert {(0, program) for program in range(128)} <= set(font.presets)
    assert sum(bank == 128 for bank, _ in font.presets) == 31
    assert open_soundfont() is font


@pytest.mark.parametrize(("bank", "program", "key"), [(0, 0, 60), (0, 33, 40), (128, 0, 36), (0, 127, 60)])
def test_its_samples_decode_and_their_loops_lie_inside(bank, program, key):
    zones = open_soundfont().instrument(bank, program).answering(key, 100)
    assert zones
    for zone in zones:
        data = zone.sample.data
        assert 0.001 < abs(data).max() < 1.5  # Vorbis overshoots
        if zone.generators[Generator.SAMPLE_MODE] == 1:
            assert 0 <= zone.sample.loop_start < zone.sample.loop_end <= len(data)


def test_a_missing_preset_falls_back_to_its_bank_and_a_missing_kit_to_the_first():
    font = open_soundfont()
    assert font.instrument(99, 40) is font.instrument(0, 40)
    assert font.instrument(128, 99) is font.instrument(128, 0)


def test_an_sf2_keeps_its_settings(tmp_path):
    font = SoundFont(sine_font(tmp_path / "a.sf2", {Generator.PAN: -200}))
    (zone,) = font.instrument(0, 0).zones
    assert zone.generators[Generator.PAN] == -200
    assert zone.generators[Generator.CUTOFF] == 13500
    assert (zone.keys, zone.velocities, zone.sample.root) == ((0, 127), (0, 127), 69)
    assert len(zone.sample.data) == PERIOD * 40
    assert zone.sample.data.max() == pytest.approx(0.5, abs=1e-4)


def test_a_missing_font_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.sf2 cannot be opened \(No such file or directory\); check the path"):
        open_soundfont(tmp_path / "nowhere.sf2")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"MThd" + bytes(200), b"RIFF\0\0\0\0sfbk" + bytes(40)])
def test_what_is_no_font_is_refused(tmp_path, content):
    path = tmp_path / "a.sf2"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"a\.sf2 is (empty|not a whole SoundFont).*give an \.sf2 or \.sf3"):
        open_soundfont(path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95, 0.999])
def test_a_font_cut_short_is_refused(tmp_path, share):
    path = sine_font(tmp_path / "a.sf2")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileFormatError, match="not a whole SoundFont"):
        open_soundfont(path)


def test_a_damaged_preset_is_named(tmp_path):
    path = sine_font(tmp_path / "a.sf2")
    data = path.read_bytes()
    at = data.index(b"ibag") + 8 + 4  # the second bag: where the generators of the first end
    path.write_bytes(data[:at] + b"\0\0" + data[at + 2 :])
    font = open_soundfont(path)
    assert font.instrument(0, 0).zones == ()  # a zone without generators is none
    at = data.index(b"pgen") + 8 + 2
    path.write_bytes(data[:at] + b"\x50\x00" + data[at + 2 :])
    with pytest.raises(FileFormatError, match=r"preset 'Sine.*is damaged"):
        open_soundfont(path).instrument(0, 0)
