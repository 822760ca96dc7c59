"""hear: what is said of a clip, and that what is heard enters compose."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from tests.sounds import chords, drum_loop, line, noise, save, tone, with_tail

from bandmate.audio import pitch_line
from bandmate.audio.clip import read_clip
from bandmate.audio.spectrum import RATE
from bandmate.cli.main import main
from bandmate.errors import BriefError, MissingExtra, UserError
from bandmate.io.files import read
from bandmate.score.brief import Brief
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Key
from bandmate.workflows.audio_controls import bar_fullness, bar_loudness, with_words
from bandmate.workflows.audio_prompt import audio_prompt
from bandmate.workflows.compose import compose
from bandmate.workflows.hear import hear, said
from bandmate.workflows.heard_score import heard_score, tiled, write_heard
from bandmate.workflows.replay import replay
from bandmate.workflows.take import read_take

CADENCE = [[48, 60, 64, 67], [45, 60, 64, 69], [53, 60, 65, 69], [55, 59, 62, 67]]


@pytest.fixture(scope="module")
def beat(tmp_path_factory):
    return save(drum_loop(112, 4), tmp_path_factory.mktemp("clips") / "beat.wav")


@pytest.fixture(scope="module")
def piano(tmp_path_factory):
    return save(chords(CADENCE * 2, 2.0), tmp_path_factory.mktemp("clips") / "piano.wav")


def test_a_drum_loop_is_heard(beat) -> None:
    heard = hear(beat)
    assert heard.kind == "drums"
    assert heard.bpm == pytest.approx(112, abs=0.05)
    assert {round(guess.bpm) for guess in heard.tempos} >= {56, 112, 224}
    assert (heard.bars, heard.loop, heard.beats.meter, heard.beats.first_bar) == (4, True, 4, 0)
    patterns = heard.to_json()["patterns"]
    assert patterns["snare"] == "....x.......x..."
    assert patterns["kick"][0] == "x"
    assert heard.keys == () and heard.chords == ()


def test_chords_are_heard_with_their_key(piano) -> None:
    heard = hear(piano, tempo=120)
    assert heard.kind == "chords"
    assert Key(0, "major") in [key for key, _ in heard.keys]
    assert len(heard.notes) > 20


def test_everything_is_plain_data(beat, piano) -> None:
    for path in (beat, piano):
        told = json.loads(json.dumps(hear(path).to_json()))
        assert 0 <= told["kinds"][told["kind"]] <= 1
        assert told["heard_seconds"] <= told["seconds"] + 0.01
        assert len(told["loudness_db"]) == round(told["seconds"] / 0.4)


def test_a_tempo_in_the_name_wins(tmp_path) -> None:
    heard = hear(save(drum_loop(112, 2), tmp_path / "beat_56bpm.wav"))
    assert (heard.bpm, heard.tempo_from) == (56.0, "name")


def test_noise_has_no_beat_and_says_so(tmp_path) -> None:
    heard = hear(save(noise(6.0), tmp_path / "noise.wav"))
    assert heard.bpm is None and heard.bars == 0
    assert any("no beat" in notice for notice in heard.notices)
    with pytest.raises(BriefError, match="no beat"):
        heard_score(heard)


def test_of_a_long_file_only_the_start_is_heard(tmp_path) -> None:
    heard = hear(save(drum_loop(120, 8), tmp_path / "long.wav"), minutes=0.1)
    assert heard.heard_sec == pytest.approx(6.0, abs=0.01)
    assert any("only the first 0.1 of 0.267 minutes" in notice for notice in heard.notices)
    with pytest.raises(BriefError, match="minutes 100 is out of range"):
        hear(tmp_path / "long.wav", minutes=100)


def test_what_is_said_of_a_long_file_says_how_much_of_it(tmp_path) -> None:
    words = said(hear(save(drum_loop(120, 8), tmp_path / "long.wav"), minutes=0.1))
    assert "3 bars of 4/4 (" in words and "% sure) in the first 0.1 of 0.267 minutes" in words
    assert "in the first" not in said(hear(tmp_path / "long.wav"))


@pytest.mark.parametrize("name", ["loop.wav", "loop_112bpm.wav"])
@pytest.mark.parametrize("tail_bars", [0.03, 0.5, 1.2, 2.4])
def test_a_tail_behind_a_loop_is_no_bar(tmp_path, name, tail_bars) -> None:
    """0.03 bars would fit 8 bars at 111.6 BPM; 1.2 hold a whole bar."""
    heard = hear(save(with_tail(drum_loop(112, 8), tail_bars * 240 / 112), tmp_path / name), notes=False)
    assert (heard.bars, heard.beats.first_bar) == (8, 0)
    assert heard.bpm == pytest.approx(112, abs=0.05)
    assert any("behind bar 8 is a tail" in text for text in heard.notices) == (tail_bars > 1)
    assert heard_score(heard).end_ticks == 8 * 4 * 480


def test_a_bar_that_rests_or_holds_is_a_bar(tmp_path) -> None:
    rest = drum_loop(112, 4)
    rest[len(rest) * 3 // 4 :] = 0  # the loop has four bars, and its last one rests
    assert hear(save(rest, tmp_path / "rest_112bpm.wav"), notes=False).bars == 4
    held = np.concatenate([drum_loop(120, 4), np.zeros(2 * RATE, np.float32)])
    held[-2 * RATE :] += tone(48, 2.0)  # a chord that begins in the fifth bar is played there
    assert hear(save(held, tmp_path / "held_120bpm.wav"), notes=False).bars == 5


def test_a_line_needs_the_extra_where_it_is_asked_for(tmp_path, monkeypatch) -> None:
    clip = save(line([60, 64, 67, 72] * 4, 0.25), tmp_path / "line.wav")
    assert [note.pitch for note in hear(clip, kind="line", tempo=120).notes] == [60, 64, 67, 72] * 4
    pitch_line._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    with pytest.raises(MissingExtra, match=r"bandmate\[audio\]"):
        hear(clip, kind="line")
    pitch_line._detector.cache_clear()


def test_what_was_heard_can_be_written(beat, tmp_path) -> None:
    score = read(write_heard(hear(beat), tmp_path / "beat.mid"))
    assert score.bpm == pytest.approx(112, abs=0.1)
    kicks = np.concatenate([track.notes for track in score.tracks if track.is_drum])
    assert (kicks["pitch"] == 36).sum() >= 8


def test_a_drum_loop_is_given_to_compose(beat, tmp_path) -> None:
    result = compose("funk with bass", audio=beat, engine="rules", seed=3, bars=8, stems=False, out=tmp_path / "out")
    take = read_take(result.folder)
    assert take.plan.tempo == pytest.approx(112, abs=0.05)
    drums = next(track for track in take.score.tracks if track.role == "drums")
    wanted = heard_score(hear(beat)).tracks[0].notes
    assert len(drums.notes) == 2 * len(wanted)  # four bars, twice
    assert (drums.notes["onset_ticks"][: len(wanted)] == wanted["onset_ticks"]).all()
    assert take.report["audio"]["heard"]["kind"] == "drums"
    assert any("heard in" in notice for notice in take.brief.notices)
    assert replay(result.folder, out=tmp_path / "again").same


def test_words_win_over_what_is_heard(beat, tmp_path) -> None:
    result = compose("funk at 100 bpm, no bass", audio=beat, engine="rules", seed=3, bars=4, stems=False, out=tmp_path)
    assert read_take(result.folder).plan.tempo == 100
    with pytest.raises(BriefError, match=r"in 4/4 and the words ask for 3/4"):
        compose("waltz", meter="3/4", audio=beat, engine="rules", bars=4, out=tmp_path / "no")
    with pytest.raises(BriefError, match="the words exclude drums"):
        compose("funk", exclude="drums", audio=beat, engine="rules", bars=4, out=tmp_path / "no")


def test_chords_and_key_of_a_clip_reach_the_plan(piano, tmp_path) -> None:
    result = compose("pop", audio=piano, audio_as="chords", engine="rules", seed=1, stems=False, out=tmp_path / "out")
    plan = read_take(result.folder).plan
    assert {chord.root for chord in plan.chords} <= {0, 9, 5, 7}
    assert plan.key.tonic in (0, 9, 5, 7)


def _cut(path):
    """A FLAC file that breaks off."""
    soundfile.write(path, drum_loop(112, 2), RATE, format="FLAC")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    return path


def _hours(path, hours=3):
    """Two bars and then nothing for hours, which take no room on the disk."""
    save(drum_loop(112, 2), path)
    head = path.read_bytes()
    place, size = head.index(b"data"), hours * 3600 * RATE * (2 if head[34] == 16 else 4)
    with path.open("r+b") as file:
        file.seek(4)
        file.write((size + place).to_bytes(4, "little"))
        file.seek(place + 4)
        file.write(size.to_bytes(4, "little"))
        file.truncate(place + 8 + size)
    return path


def test_of_three_hours_a_part_is_read(tmp_path) -> None:
    clip = read_clip(_hours(tmp_path / "evening.wav"), 8.0)
    assert clip.whole_sec == pytest.approx(3 * 3600, abs=1) and clip.signal.samples.shape[1] == 8 * RATE
    heard = hear(tmp_path / "evening.wav", minutes=0.1)
    assert heard.notices[0] == "only the first 0.1 of 180 minutes were listened to"
    brief = audio_prompt(Brief(), heard, lambda said, name: getattr(said, name) is None).brief
    assert any("only the first 0.1 of 180 minutes" in notice for notice in brief.notices)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_cut, "cannot be read as sound"),
        (lambda p: p.mkdir() or p, "is a folder"),
        (lambda p: p.write_bytes(b"\0\0\0 ftypM4A " + bytes(99)) and p, "give WAV, FLAC, Ogg, MP3 or AIFF"),
        (lambda p: soundfile.write(p, np.full(RATE, np.nan), RATE, subtype="FLOAT") or p, "are no numbers"),
        (lambda p: save(np.zeros(100, np.float32) + 0.5, p), "give at least a quarter of a second"),
        (lambda p: save(np.concatenate([np.zeros(RATE * 361), np.ones(RATE * 9)]), p), "the first 6 minutes of"),
        (lambda p: save(np.zeros(RATE), p), "is silent"),
        (lambda p: p.write_text("words") and p, "cannot be read as sound"),
        (lambda p: p, "is not there"),
    ],
)
def test_bad_clips_are_one_sentence(tmp_path, capsys, make, words) -> None:
    path = make(tmp_path / "clip.wav")
    assert main(["hear", str(path)]) == 2
    first = capsys.readouterr().err
    assert words in first and "Traceback" not in first and first.count("\n") == 1
    assert main(["compose", "house", "--audio", str(path), "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err


def test_nothing_that_can_be_used_is_said(tmp_path) -> None:
    clip = save(noise(3.0), tmp_path / "noise.wav")
    with pytest.raises(UserError, match="nothing in .* can be used"):
        compose("house", audio=clip, engine="rules", bars=2, out=tmp_path / "out")


def test_the_command_says_it_in_words_and_as_data(beat, capsys, tmp_path) -> None:
    assert main(["hear", str(beat), "--midi", str(tmp_path / "heard.mid")]) == 0
    said = capsys.readouterr().out
    assert "drums" in said and "112 BPM" in said and (tmp_path / "heard.mid").is_file()
    (tmp_path / "heard.mid").write_bytes(b"mine")
    assert main(["hear", str(beat), "--midi", str(tmp_path / "heard.mid"), "--overwrite"]) == 0
    assert read(tmp_path / "heard.mid").note_count and capsys.readouterr().out == said
    assert main(["hear", str(beat), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tempos"][0]["bpm"] == pytest.approx(112, abs=0.05)


def test_the_bass_begins_where_the_kick_is_struck(beat, tmp_path) -> None:
    result = compose("funk with bass", audio=beat, audio_rhythm="bass", engine="rules", seed=3, bars=4, stems=False,
                     out=tmp_path / "out")  # fmt: skip
    take = read_take(result.folder)
    bass = next(track for track in take.score.tracks if track.role == "bass").notes
    bar = take.score.ticks_per_quarter * 4
    steps = np.round(bass["onset_ticks"] * 16 / bar).astype(int)
    kick = [place for place, sign in enumerate(hear(beat).to_json()["patterns"]["kick"]) if sign == "x"]
    assert sorted(set(steps % 16)) == kick
    assert "its onsets as the rhythm of bass" in take.report["audio"]["taken"]
    assert replay(result.folder, out=tmp_path / "again").same


def test_a_rhythm_that_cannot_be_is_refused(beat, tmp_path) -> None:
    with pytest.raises(BriefError, match="takes its rhythm from a sound"):
        compose("funk", audio_rhythm="bass", out=tmp_path / "no")
    with pytest.raises(UserError, match="given from beginning to end"):
        compose("funk", audio=beat, audio_rhythm="drums", engine="rules", bars=4, out=tmp_path / "no")
    clip = save(np.concatenate([noise(3.0), line([60], 1.0)]), tmp_path / "noise.wav")
    with pytest.raises(BriefError, match="no beat, so it gives no rhythm"):
        compose("funk", audio=clip, audio_rhythm="bass", audio_as="band", engine="rules", bars=4, out=tmp_path / "no")


def test_loudness_goes_from_bar_to_bar(tmp_path) -> None:
    swell = drum_loop(112, 8) * np.repeat([0.15, 1.0], len(drum_loop(112, 8)) // 2).astype(np.float32)
    clip = save(swell, tmp_path / "swell.wav")
    curve = bar_loudness(hear(clip), 16)
    assert len(curve) == 16 and min(curve[4:8]) > max(curve[:4]) + 6 and curve[:8] == curve[8:]
    result = compose("funk with bass", audio=clip, engine="rules", seed=3, bars=8, stems=False, out=tmp_path / "out")
    take = read_take(result.folder)
    bass = next(track for track in take.score.tracks if track.role == "bass").notes
    late = bass["onset_ticks"] >= 4 * 4 * take.score.ticks_per_quarter
    assert bass["velocity"][late].mean() > bass["velocity"][~late].mean() + 15
    assert any("loudness bar by bar" in taken for taken in take.report["audio"]["taken"])
    assert bar_loudness(hear(save(drum_loop(112, 4), tmp_path / "even.wav")), 4) == ()
    assert replay(result.folder, out=tmp_path / "again").same


def test_how_full_goes_from_bar_to_bar(tmp_path) -> None:
    loop = drum_loop(112, 8)
    half = len(loop) // 2
    first = loop[:half].reshape(4, -1)
    kept = np.arange(first.shape[1]) < first.shape[1] // 8  # of each of the first bars one stroke
    thin = np.concatenate([(first * kept).ravel(), loop[half:]])
    clip = save(thin.astype(np.float32), tmp_path / "thin.wav")
    heard = hear(clip, tempo=112)
    full = bar_fullness(heard, 16)
    assert len(full) == 16 and full[:8] == full[8:] and max(full[:4]) < 0.8 < 1.1 < min(full[4:8])
    for words, follows in (("funk with bass and chords", True), ("busy funk with bass", False)):
        take = compose(words, audio=clip, engine="rules", seed=3, bars=8, stems=False, out=tmp_path / words[:4]).best
        bars = take.score.ticks_per_quarter * 4
        notes = np.concatenate([t.notes["onset_ticks"] for t in take.score.tracks if not t.is_drum])
        count = np.bincount((notes + bars // 96) // bars, minlength=8)[:8]
        assert (count[4:].mean() > 1.5 * count[:4].mean()) == follows
        assert any("how full its bars are" in taken for taken in take.report["audio"]["taken"]) == follows
        assert ("fullness" in take.plan.extra) == follows
        assert replay(take.folder, out=tmp_path / f"{words[:4]} again").same
    assert bar_fullness(hear(save(drum_loop(112, 4), tmp_path / "even.wav")), 4) == ()


def test_words_of_the_timbre_lead_to_controls(beat) -> None:
    heard = replace(hear(beat), kind="line", words=("dark", "smooth", "quiet", "noisy"))
    brief, taken = with_words(Brief(), heard)
    assert (brief.moods, brief.articulation, brief.dynamics) == (("dark",), "legato", 60)
    assert taken[-1] == "noisy only as heard"
    stated = Brief(moods=("happy",), articulation="staccato", dynamics=100)
    assert with_words(stated, heard)[0] == stated


def test_the_drums_of_a_band_are_as_full(beat, tmp_path) -> None:
    mix = drum_loop(112, 4)
    tones = chords(CADENCE * 2, 4 * len(mix) / 4 / RATE / 8)[: len(mix)]
    clip = save(0.7 * mix[: len(tones)] + tones, tmp_path / "band.wav")
    result = compose(
        "funk", audio=clip, audio_as="band", engine="rules", seed=3, bars=4, stems=False, out=tmp_path / "o"
    )
    plan = read_take(result.folder).plan
    drums = next(track for track in plan.tracks if track.role == "drums")
    assert drums.lock is not None and 6 <= drums.lock.near_density <= 20


def test_a_loop_that_is_cut_ends_before_the_next_bar_line() -> None:
    notes = make_notes([0, 1917, 3839, 5760], 60, [36] * 4, 100, channel=9)  # played a little early on two bar lines
    loop = Score((Track("drums", 0, True, notes, role="drums"),), 480, end_ticks=4 * 1920)
    assert tiled(loop, 2, 1920).tracks[0].notes["onset_ticks"].tolist() == [0, 1917]
    assert tiled(loop, 4, 1920).tracks[0].notes["onset_ticks"].tolist() == [0, 1917, 3839, 5760]
    assert len(tiled(loop, 8, 1920).tracks[0].notes) == 8
