"""From a score to files: equal lengths, stems that sum to the mix, loops, names, and what can be wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile

from bandmate.errors import FileFormatError, OutputError, ScoreError, UserError
from bandmate.io import files
from bandmate.io.wave import STEP
from bandmate.rendering.loudness import master
from bandmate.rendering.mixer import TrackMix
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.workflows.render import RenderOptions, render, render_score
from bandmate.workflows.render_stems import stem_names

BAR = 1920  # ticks


@pytest.fixture
def song() -> Score:
    """Two bars of a trio at 120: drums on an 808, bass, chords."""
    drums = make_notes(np.arange(16) * 240, 120, [36, 42, 38, 46] * 4, 100, channel=9)
    bass = make_notes(np.arange(4) * 960, 900, [36, 36, 43, 41], 90)
    chords = make_notes(np.repeat([0, 1920], 3), 1900, [60, 64, 67, 59, 62, 67], 70, channel=1)
    return Score(
        tracks=(
            Track(name="Drums", program=25, is_drum=True, notes=drums, role="drums"),
            Track(name="Slap Bass", program=36, notes=bass, role="bass"),
            Track(name="Keys", program=4, notes=chords, role="chords"),
        ),
        end_ticks=2 * BAR,
    )


def read(path) -> np.ndarray:
    return soundfile.read(path, dtype="float64")[0].T


def test_a_song_is_its_bars_and_a_tail_in_files_of_one_length(song, tmp_path):
    result = render(song, tmp_path)
    assert [path.name for path in result.stems] == [
        "01-drums_120.wav", "02-slap_bass_120.wav", "03-keys_120.wav", "04-reverb_120.wav",
    ]  # fmt: skip
    lengths = {soundfile.info(path).frames for path in (*result.stems, result.mix)}
    assert lengths == {7 * 44100}
    assert result.seconds == 7.0
    assert soundfile.info(result.mix).subtype == "PCM_24"


def test_the_stems_sum_to_the_mix_before_its_loudness_stage(song, tmp_path):
    result = render(song, tmp_path)
    stems = [read(path) for path in result.stems]
    again = master(np.sum(stems, axis=0).astype(np.float32), 44100)
    assert result.stem_gain_db == 0.0
    np.testing.assert_allclose(
        again.samples, read(result.mix), atol=(len(stems) * 10 ** (again.gain_db / 20) + 1) * STEP
    )
    assert result.lufs == pytest.approx(-14.0, abs=0.1)
    assert result.true_peak_db <= -1.0


def test_a_loop_is_exactly_its_bars_with_its_tail_at_its_start(song, tmp_path):
    looped = render(song, tmp_path / "loop", loop=True)
    straight = render(song, tmp_path / "song")
    for ours, theirs in zip(looped.stems[:3], straight.stems[:3], strict=True):
        loop, whole = read(ours), read(theirs)
        assert loop.shape[1] == 4 * 44100
        # what sounded in the last bars' tail is heard again at the start; the fade of the song lies past it
        tail = whole[:, 4 * 44100 : 6 * 44100]
        np.testing.assert_allclose(loop[:, : 2 * 44100], whole[:, : 2 * 44100] + tail, atol=2e-4)
    assert "End : 176399" in soundfile.info(looped.mix, verbose=True).extra_info


def test_names_and_places_are_the_callers(song, tmp_path):
    names = ["01-drums_808_120_Am", "02-bass_slap_120_Am", "03-keys_120_Am"]
    result = render(song, tmp_path, names=names, stems_folder="", sample_rate=48000)
    assert [path.stem for path in result.stems] == [*names, "04-reverb_120_Am"]
    assert {path.parent for path in result.stems} == {tmp_path}
    assert soundfile.info(result.mix).samplerate == 48000
    with pytest.raises(UserError, match="2 stem names were given for 3 tracks"):
        render(song, tmp_path, names=names[:2])


def test_only_what_was_asked_is_written(song, tmp_path):
    mix_only = render(song, tmp_path / "a", stems=False)
    assert (mix_only.stems, mix_only.mix.name) == ((), "mix.wav")
    stems_only = render(song, tmp_path / "b", mix=False)
    assert stems_only.mix is None
    assert math.isnan(stems_only.lufs)
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["stems"]


def test_mix_levels_reach_the_stems(song, tmp_path):
    plain = render(song, tmp_path / "a", mix=False)
    changed = render(song, tmp_path / "b", mix=False, mixes={1: TrackMix(gain_db=-12.0)})
    ratio = np.abs(read(changed.stems[1])).max() / np.abs(read(plain.stems[1])).max()
    assert 20 * np.log10(ratio) == pytest.approx(-12.0, abs=0.01)


def test_stems_that_would_clip_are_lowered_together(song, tmp_path):
    plain = render(song, tmp_path / "a", mix=False)
    hot = render(song, tmp_path / "b", mix=False, mixes={2: TrackMix(gain_db=40.0)})
    assert hot.stem_gain_db < -3
    assert max(np.abs(read(path)).max() for path in hot.stems) <= 0.9991
    scaled = read(plain.stems[0]) * 10 ** (hot.stem_gain_db / 20)
    np.testing.assert_allclose(read(hot.stems[0]), scaled, atol=1.01 * STEP)


def test_the_same_score_gives_the_same_bytes(song, tmp_path):
    first, second = (render(song, tmp_path / name, kernel="numpy") for name in "ab")
    for one, other in zip((*first.stems, first.mix), (*second.stems, second.mix), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_progress_runs_to_the_end(song, tmp_path):
    steps = []
    render(song, tmp_path, progress=lambda share, what: steps.append((round(share, 2), what)))
    assert [what for _, what in steps] == ["Drums", "Slap Bass", "Keys", "reverb", "mix"]
    assert [share for share, _ in steps] == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_own_sounds_play_the_tracks_they_are_for(song, tmp_path):
    times = np.arange(8820) / 44100
    for folder, name, hz in (("kit", "kick.wav", 60), ("bass", "b_C2.wav", 65.4)):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / name, np.sin(2 * np.pi * hz * times), 44100)
    sounds = {"bass": tmp_path / "bass"}
    own = render(song, tmp_path / "a", mix=False, drum_kit=tmp_path / "kit", sounds=sounds)
    plain = render(song, tmp_path / "b", mix=False)
    same = [np.array_equal(read(a), read(b)) for a, b in zip(own.stems, plain.stems, strict=True)]
    assert same == [False, False, True, False]
    with pytest.raises(UserError, match=r"no track is called 'flute'.*the tracks are: .*bass"):
        render(song, tmp_path / "c", sounds={"flute": tmp_path / "bass"})


def test_a_part_a_track_and_a_channel():
    notes = np.concatenate([make_notes([0], 10, 60), make_notes([0], 10, 36, channel=9)])
    score = Score(tracks=(Track(name="All", notes=notes), Track(name="All", notes=make_notes([0], 9, 50, channel=2))),
                  tempos=make_tempos(90))  # fmt: skip
    from bandmate.rendering.performance import perform

    names = stem_names(score, perform(score), None)
    assert names == ("01-all_90-ch1", "02-all_90-ch10", "03-all_90", "04-reverb")


def test_what_cannot_be_rendered_is_said(song, tmp_path):
    with pytest.raises(ScoreError, match="nothing to render: the score has no notes"):
        render(Score(tracks=(Track(name="empty"),)), tmp_path)
    long = Score(tracks=(Track(notes=make_notes([0, 3 * 3600 * 960], 10, 60)),))
    with pytest.raises(UserError, match=r"length to render .* out of range; give 0.01 to 3600 seconds"):
        render(long, tmp_path)
    with pytest.raises(UserError, match="sample rate 22050 is not offered; give one of 44100, 48000"):
        render(song, tmp_path, sample_rate=22050)
    with pytest.raises(UserError, match=r"none\.sf2 cannot be opened"):
        render(song, tmp_path, soundfont=tmp_path / "none.sf2")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match=r"cannot be written"):
        render(song, tmp_path / "file")


def test_an_end_cuts_everything_there(song, tmp_path):
    result = render_score(song, tmp_path, RenderOptions(end_sec=1.5))
    assert {soundfile.info(path).frames for path in (*result.stems, result.mix)} == {66150}


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg"])
def test_one_file_of_sound_holds_the_mix(song, tmp_path, suffix):
    whole = render(song, tmp_path / "folder", stems=False)
    one = render(song, tmp_path / f"take{suffix}")
    assert one.mix == tmp_path / f"take{suffix}" and not one.stems
    asked, heard = (soundfile.read(str(path))[0] for path in (whole.mix, one.mix))
    assert heard.shape == asked.shape and np.abs(heard - asked).max() < (0.1 if suffix == ".ogg" else 1e-12)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", f"take{suffix}"]


def test_a_score_is_written_as_sound_by_its_suffix(song, tmp_path):
    assert song.write(tmp_path / "song.flac") == tmp_path / "song.flac"
    render(song, tmp_path / "again.flac")
    assert (tmp_path / "song.flac").read_bytes() == (tmp_path / "again.flac").read_bytes()
    with pytest.raises(FileFormatError, match=r"sound is heard, not read; bandmate hear song\.flac"):
        files.read(tmp_path / "song.flac")


def test_stems_and_mix_in_another_format(song, tmp_path):
    result = render(song, tmp_path, suffix=".flac")
    assert {path.suffix for path in (*result.stems, result.mix)} == {".flac"}
    stems = sum(soundfile.read(str(path))[0] for path in result.stems)
    assert stems.shape == soundfile.read(str(result.mix))[0].shape


def test_what_cannot_be_one_file_is_said(song, tmp_path):
    for asked in ({"stems": True}, {"mix": False}):
        with pytest.raises(UserError, match=r"is one file of sound, a mix; name a folder"):
            render(song, tmp_path / "x.flac", **asked)
    with pytest.raises(UserError, match=r"'\.mp4' is no format of sound written here"):
        render(song, tmp_path, suffix=".mp4")
    with pytest.raises(OutputError, match=r"x\.flc: '\.flc' is no format of sound written here; did you mean \.flac"):
        render(song, tmp_path / "x.flc")
    assert not list(tmp_path.iterdir())
    (tmp_path / "mix.wav").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is there already and stays as it is"):
        render(song, tmp_path, overwrite=False)
    assert (tmp_path / "mix.wav").read_bytes() == b"mine"
