"""Clips of sound in a Live set as audio prompts: their part of the file, the beat of their warp markers, bad names."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from tests.sounds import drum_loop, noise, save

from bandmate.audio.clip import Part
from bandmate.audio.spectrum import RATE
from bandmate.cli.main import main
from bandmate.errors import UserError
from bandmate.io.als.write import write_project
from bandmate.io.project import Stem, project_of, sound_file
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.workflows.compose import compose
from bandmate.workflows.hear import hear
from bandmate.workflows.live_clip import find_live_clip
from bandmate.workflows.take import read_take


def live_set(folder, sounds, bpm: float = 112.0):
    """A set of Live in which each sound is a warped clip of one tempo."""
    score = Score((Track("Keys", 0, False, make_notes([0], 480, [60])),), 480, make_tempos(bpm), end_ticks=4 * 1920)
    stems = []
    for name, mono in sounds.items():
        path = save(mono, folder / f"{name}.wav")
        stems.append(Stem(path, name, None, *sound_file(path)))
    return write_project(project_of(score, "set", stems=stems), folder / "set Project")


def changed(path, *swaps):
    """The set with pieces of its text swapped."""
    xml = gzip.decompress(path.read_bytes()).decode()
    for old, new in swaps:
        assert old in xml
        xml = xml.replace(old, new)
    path.write_bytes(gzip.compress(xml.encode(), mtime=0))
    return path


@pytest.fixture
def beat(tmp_path):
    return live_set(tmp_path, {"Break": drum_loop(112, 4)})


def test_warp_markers_give_tempo_and_bars(beat) -> None:
    heard = hear(f"{beat}#Break")
    assert (heard.kind, heard.tempo_from) == ("drums", "warp markers")
    assert heard.bpm == pytest.approx(112, abs=0.01)
    assert (heard.bars, heard.loop, heard.beats.first_bar, heard.beats.meter) == (4, True, 0, 4)
    assert hear(beat).bars == 4  # the only clip needs no name
    assert hear(f"{beat}#break").bars == 4


def test_warp_markers_win_over_the_sound(beat) -> None:
    xml = gzip.decompress(beat.read_bytes()).decode()
    second = re.findall(r'SecTime="(0\.0167\d+)"', xml)  # a 32nd of a beat at 112, as the marker tells it
    changed(beat, *((f'SecTime="{sec}"', 'SecTime="0.015625"') for sec in set(second)))
    heard = hear(beat)
    assert (heard.bpm, heard.tempo_from) == (120.0, "warp markers")


def test_only_what_a_clip_plays_is_heard(beat) -> None:
    changed(beat, ('<LoopStart Value="0" />', '<LoopStart Value="8" />'))
    part = find_live_clip(beat).part
    assert part is not None and part.from_sec == pytest.approx(8 * 60 / 112)
    heard = hear(beat)
    assert heard.bars == 2 and heard.seconds == pytest.approx(8 * 60 / 112, abs=0.01)


def test_an_unwarped_clip_counts_in_seconds(beat) -> None:
    changed(beat, ('<IsWarped Value="true" />', '<IsWarped Value="false" />'))
    live = find_live_clip(beat)
    assert live.warp is None and isinstance(live.part, Part)
    assert hear(beat).tempo_from in ("length", "sound")


def test_it_is_a_prompt(beat, tmp_path) -> None:
    result = compose("funk", audio=f"{beat}#Break", engine="rules", seed=3, bars=4, stems=False, out=tmp_path / "out")
    take = read_take(result.folder)
    assert take.plan.tempo == pytest.approx(112, abs=0.01)
    assert take.report["audio"]["heard"]["tempo_from"] == "warp markers"


def test_several_clips_need_a_name(tmp_path, capsys) -> None:
    path = live_set(tmp_path, {"Break": drum_loop(112, 1), "Wind": noise(2.0)})
    with pytest.raises(UserError, match=r"has several clips of sound; name one as .*#Break', of 'Break'"):
        hear(path)
    assert main(["hear", f"{path}#Brake"]) == 2
    said = capsys.readouterr().err
    assert "did you mean 'Break'?" in said and said.count("\n") == 1


def test_a_part_of_a_name_is_nearer_than_letters(tmp_path) -> None:
    path = live_set(tmp_path, {"Hats (stem)": noise(1.0), "guitar and bass (stem)": noise(1.0)})
    with pytest.raises(UserError, match=r"did you mean 'guitar and bass \(stem\)'\?"):
        hear(f"{path}#bass")


def test_bad_sets_are_one_sentence(tmp_path, capsys) -> None:
    path = live_set(tmp_path, {"Break": drum_loop(112, 1)})
    for sample in (path.parent / "Samples").rglob("*.wav"):
        sample.unlink()
    (tmp_path / "Break.wav").unlink()
    empty = live_set(tmp_path / "none", {}) if (tmp_path / "none").mkdir() is None else path
    (tmp_path / "words.als").write_text("words", encoding="utf-8")
    for name, words in ((path, "is missing"), (empty, "no clip of sound"), (tmp_path / "words.als", "no Live set"),
                        (tmp_path / "no.als", "no.als")):  # fmt: skip
        assert main(["compose", "house", "--audio", f"{name}#Break", "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert words in said and "Traceback" not in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_beats_of_a_drifting_clip_follow_the_markers(beat) -> None:
    xml = gzip.decompress(beat.read_bytes()).decode()
    late = '<WarpMarker Id="9" SecTime="3" BeatTime="5" />\n</WarpMarkers>'
    beat.write_bytes(gzip.compress(xml.replace("</WarpMarkers>", late).encode(), mtime=0))
    warp = find_live_clip(beat).warp
    assert warp is not None and not warp.steady
    assert np.ptp(np.diff(warp.beats_sec)) > 0.0
    assert hear(beat).heard_sec <= 16 * 60 / 112 + 1 / RATE
