"""The commands that rework a file: they write what they say, and say what they cannot do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import BriefError
from bandmate.generation.scene import with_roles
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.files import read, write
from bandmate.score.brief import Brief
from bandmate.score.cut import trim
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.selection import select
from bandmate.score.untouched import untouched
from bandmate.workflows.groove import groove
from bandmate.workflows.replay import replay
from bandmate.workflows.take import read_take

MUSIC = Path(__file__).parents[1] / "fixtures" / "music"
LIED, BEAT = str(MUSIC / "lied.mid"), str(MUSIC / "funk_beat.mid")


def test_groove_writes_the_file_and_how_it_was_made(bandmate):
    said = bandmate("groove", LIED, "--like", BEAT, "--seed", "1", "--out", "played.mid")
    assert said.code == 0, said.err
    assert "played like funk_beat.mid by 70%" in said.out
    note = json.loads(Path("played.take.json").read_text(encoding="utf-8"))
    facts = note["recipe"]["settings"]["transform"]
    assert (facts["command"], facts["options"]["seed"]) == ("groove", 1)
    assert [row["role"] for row in facts["given"]] == ["file", "like"]
    assert set(note["files"]) == {"played.mid"}


def test_groove_into_a_folder_draws_it(bandmate):
    said = bandmate("groove", BEAT, "--style", "jazz", "--out", "swung", "--json")
    assert said.code == 0, said.err
    assert sorted(p.name for p in Path("swung").iterdir()) == ["funk_beat.mid", "given.mid", "roll.png", "take.json"]
    assert json.loads(said.out)["report"]["notes_moved"] > 100


def test_from_python_the_options_are_keywords_and_paths_may_be_paths():
    result = groove(Path(LIED), style="funk", seed=1, out=Path("new.mid"))
    assert result.midi == Path("new.mid") and result.take.json_path.is_file()
    with pytest.raises(BriefError, match="'styel' is not an option; did you mean 'style'"):
        groove(LIED, styel="funk")


def test_groove_by_nothing_changes_nothing(bandmate):
    assert bandmate("groove", LIED, "--style", "funk", "--strength", "0", "--out", "same.mid").code == 0
    assert untouched(read(LIED), read("same.mid")) == []


@pytest.fixture
def two_bars(tmp_path):
    """Two bars of drums."""
    write(trim(read(BEAT), 1, 2), tmp_path / "two.mid")
    return str(tmp_path / "two.mid")


@pytest.mark.parametrize(
    "asked", [("--by", "model"), ("--by", "model", "--style", "jazz"), ("--by", "tables", "--style", "jazz")]
)
def test_whoever_plays_the_notes_stay_and_the_take_comes_again(bandmate, asked, two_bars):
    said = bandmate("groove", two_bars, *asked, "--seed", "1", "--out", "a.mid")
    assert said.code == 0, said.err
    assert ("as the model would" in said.out) == ("model" in asked)
    one, two = ([sorted(t.notes["pitch"].tolist()) for t in read(path).tracks] for path in (two_bars, "a.mid"))
    assert one == two
    assert replay(Path("a.take.json")).same


def test_bars_without_notes_are_refused(bandmate, two_bars):
    score = read(two_bars)
    write(replace(score, end_ticks=4 * score.ticks_per_quarter * 4), "longer.mid")
    said = bandmate("groove", "longer.mid", "--by", "model", "--bars", "4")
    assert said.code != 0
    assert "nothing is played in" in said.err


def test_the_model_leaves_what_is_not_asked(bandmate):
    assert bandmate("groove", BEAT, "--by", "model", "--bars", "2", "--seed", "1", "--out", "a.mid").code == 0
    before, after = read(BEAT), read("a.mid")
    assert untouched(before, after, select(before, None, "2")) == []
    assert untouched(before, after) != []


def test_harmonise_adds_parts_and_leaves_the_melody(bandmate):
    said = bandmate("harmonise", LIED, "--style", "jazz", "--add", "chords,bass", "--seed", "1", "--out", "new.mid")
    assert said.code == 0, said.err
    assert "heard G major" in said.out
    assert untouched(read(LIED), read("new.mid")) == []
    assert len(read("new.mid").tracks) == len(read(LIED).tracks) + 2


def test_harmonise_gives_a_second_voice_in_the_asked_bars(bandmate):
    assert bandmate("harmonise", LIED, "--voice", "--bars", "3-4", "--out", "new.mid").code == 0
    voice = read("new.mid").tracks[-1]
    quarter = read("new.mid").ticks_per_quarter
    assert voice.name == "second voice"
    assert voice.notes["onset_ticks"].min() >= 8 * quarter and voice.last_ticks <= 16 * quarter


def test_reharmonise_rewrites_the_asked_cells_alone(bandmate):
    said = bandmate("reharmonise", LIED, "--style", "jazz", "--strength", "1", "--bars", "5-8", "--seed", "1",
                    "--out", "new", "--json")  # fmt: skip
    assert said.code == 0, said.err
    report = json.loads(said.out)["report"]
    assert 0 < report["half_bars_changed"] == sum(report["rules"].values()) <= 8 and report["strong_notes_carried"]
    done = json.loads(said.out)["done"]
    assert [line.count("|") for line in done[:2]] == [3, 3] and " of 8 half bars" in done[2]  # of the asked bars alone
    cells = select(with_roles(read(LIED)), "piano", "5-8")
    assert untouched(read(LIED), read("new/lied.mid"), cells) == []
    assert untouched(read(LIED), read("new/lied.mid")) != []


def test_drumify_joins_a_song_and_takes_the_place_of_taps(bandmate):
    assert bandmate("drumify", LIED, "--style", "funk", "--seed", "1", "--out", "new.mid").code == 0
    song = read("new.mid")
    assert untouched(read(LIED), song) == [] and song.tracks[-1].is_drum
    said = bandmate("drumify", BEAT, "--style", "house", "--bars", "3-4", "--out", "beat.mid", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["report"]["onsets"] > 10
    cells = select(with_roles(read(BEAT)), None, "3-4")
    assert untouched(read(BEAT), read("beat.mid"), cells) == []


def test_drumify_works_between_changes_of_meter(bandmate):
    score = read(LIED)
    change = make_meters(3, 4, ticks=8 * score.ticks_per_quarter)
    replace(score, meters=np.concatenate([score.meters[:1], change])).write("both.mid")
    assert bandmate("drumify", "both.mid", "--style", "waltz", "--out", "all.mid").code == 0
    drums = read("all.mid").tracks[-1].notes["onset_ticks"] / score.ticks_per_quarter
    assert drums.min() < 4 and drums.max() > 20
    said = bandmate("drumify", "both.mid", "--style", "waltz", "--bars", "3-6", "--out", "new.mid")
    assert said.code == 0, said.err
    drums = read("new.mid").tracks[-1].notes["onset_ticks"] / score.ticks_per_quarter
    assert drums.min() >= 8 and drums.max() < 8 + 4 * 3


def test_interpolate_writes_every_step_and_the_ends_byte_for_byte(bandmate, tmp_path):
    ends = []
    for genre in ("funk", "house"):
        ends.append(str(tmp_path / f"{genre}.mid"))
        play(make_plan(Brief(genre=genre, bars=2, loop=True, only=("drums", "bass")), 1), 1).write(ends[-1])
    said = bandmate("interpolate", *ends, "--steps", "4", "--out", "way")
    assert said.code == 0, said.err
    names = {p.name for p in Path("way").iterdir()}
    assert names >= {"step-1.mid", "step-2.mid", "step-3.mid", "step-4.mid", "funk.mid", "roll.png", "take.json"}
    assert Path("way/step-1.mid").read_bytes() == Path(ends[0]).read_bytes()
    assert Path("way/step-4.mid").read_bytes() == Path(ends[1]).read_bytes()


def test_arrange_makes_the_form(bandmate):
    said = bandmate("arrange", LIED, "--form", "intro 2, verse 8, chorus 8, outro 4", "--seed", "1", "--out", "song")
    assert said.code == 0, said.err
    assert [m.text for m in read("song/lied.mid").markers] == ["intro", "verse", "chorus", "outro"]


def test_arrange_takes_some_bars_and_tracks_as_its_sketch(bandmate):
    said = bandmate(
        "arrange", LIED, "--form", "verse 4, chorus 4", "--bars", "3-4", "--tracks", "voice", "--out", "a.mid"
    )
    assert said.code == 0, said.err
    before, after = read(LIED), read("a.mid")
    voice = next(i for i, track in enumerate(before.tracks) if track.name.startswith("Voice"))
    assert [i for i, track in enumerate(after.tracks) if len(track.notes)] == [voice]
    start, end = select(before, str(voice + 1), "3-4").span(before)
    notes = before.tracks[voice].notes
    asked = notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < end)]
    first = after.tracks[voice].notes[: len(asked)]
    assert (first["onset_ticks"]).tolist() == (asked["onset_ticks"] - start).tolist()
    assert first["pitch"].tolist() == asked["pitch"].tolist()
    for words, sentence in ((["--bars", "3-99"], "bars 3-99 are not in the piece"), (["--tracks", "tuba"], "'tuba'")):
        said = bandmate("arrange", LIED, *words, "--out", "b.mid")
        assert said.code == 2 and sentence in said.err and not Path("b.mid").exists()


_MADE = (
    ("groove", LIED, "--like", BEAT, "--strength", "0.5"), ("drumify", LIED, "--style", "funk", "--bars", "2-4"),
    ("harmonise", LIED, "--voice"), ("reharmonise", LIED, "--style", "jazz"),
    ("arrange", LIED, "--form", "intro 2, verse 4"), ("interpolate", LIED, LIED, "--steps", "3"),
)  # fmt: skip


@pytest.mark.parametrize("words", _MADE, ids=lambda words: words[0])
def test_replay_makes_the_same_bytes_again(bandmate, words: tuple[str, ...]):
    for out, note in (("new", "new"), ("one.mid", "one.take.json"))[: 1 if words[0] == "interpolate" else 2]:
        assert bandmate(*words, "--out", out).code == 0
        said = bandmate("replay", note, "--out", f"again-{note}")
        assert said.code == 0, said.out + said.err


def test_again_knows_what_was_made(bandmate):
    assert bandmate("arrange", BEAT, "--form", "intro 2, verse 4", "--out", "song").code == 0
    take = read_take("song")
    assert [section.label for section in take.plan.sections] == ["intro", "verse"]
    assert take.plan.bars == 6 and len(take.score.tracks)


def test_replay_says_when_what_it_was_made_from_is_gone(bandmate, tmp_path):
    source = tmp_path / "mine.mid"
    source.write_bytes(Path(BEAT).read_bytes())
    assert bandmate("groove", str(source), "--style", "jazz", "--out", "new.mid").code == 0
    source.unlink()
    said = bandmate("replay", "new.take.json")
    assert said.code == 2 and "mine.mid is missing or was changed" in said.err


@pytest.mark.parametrize("way", [("--to", "bossa nova"), ("--like", BEAT)])
def test_restyle_keeps_the_melody_note_for_note(bandmate, way: tuple[str, str]):
    said = bandmate("restyle", LIED, *way, "--seed", "1", "--engine", "rules", "--candidates", "1", "--no-stems",
                    "--out", "new")  # fmt: skip
    assert said.code == 0, said.err
    take = json.loads(Path("new/take.json").read_text(encoding="utf-8"))
    place = [track["role"] for track in take["plan"]["tracks"]].index("melody")
    song = [track for track in read("new/new.mid").tracks if len(track.notes)][place]
    voice = next(t for t in read(LIED).tracks if t.name.startswith("Voice"))
    assert song.notes["pitch"].tolist() == voice.notes["pitch"].tolist()
    quarter = read(LIED).ticks_per_quarter, read("new/new.mid").ticks_per_quarter
    assert (song.notes["onset_ticks"] / quarter[1]).tolist() == (voice.notes["onset_ticks"] / quarter[0]).tolist()
    assert bandmate("replay", "new", "--out", "again").code == 0


@pytest.mark.parametrize(
    ("meter", "tempo", "words"),
    [
        ((3, 4), 146, "waltz.mid is in 3/4, but the song stays in 4/4: taken are genre, tempo, swing and instruments"),
        ((6, 8), None, "waltz.mid is in 6/8, but the song stays in 4/4: taken are genre and instruments, not meter"),
    ],
)
def test_restyle_says_what_it_takes_of_a_reference_in_another_meter(bandmate, meter, tempo, words):
    waltz = play(make_plan(Brief(genre="waltz", bars=4, tempo=146), 1), 1)
    write(replace(waltz, meters=make_meters(*meter)), "waltz.mid")
    said = bandmate("restyle", LIED, "--like", "waltz.mid", "--seed", "1", "--engine", "rules", "--candidates", "1",
                    "--no-stems", "--out", "new")  # fmt: skip
    assert said.code == 0, said.err
    assert words in said.out + said.err
    song = read_take(Path("new"))
    assert song.plan.meter == (4, 4) and (abs(song.plan.tempo - 146) < 1) == (tempo is not None)


def test_restyle_says_where_the_genre_of_a_reference_is_in_doubt(bandmate):
    notes = make_notes(np.arange(16) * 480, 400, [60, 62, 64, 67] * 4)
    write(Score((Track("piano", 0, False, notes),)), "plain.mid")
    said = bandmate("restyle", LIED, "--like", "plain.mid", "--seed", "1", "--engine", "rules", "--candidates", "1",
                    "--no-stems", "--out", "new")  # fmt: skip
    assert said.code == 0, said.err
    assert "% sure that this is its genre; --to says it better" in said.out + said.err


def test_restyle_says_that_a_genre_is_at_home_in_another_meter(bandmate):
    said = bandmate("restyle", LIED, "--to", "waltz", "--seed", "1", "--engine", "rules", "--candidates", "1",
                    "--no-stems", "--out", "new")  # fmt: skip
    assert said.code == 0, said.err
    assert "waltz is at home in 3/4, but the song stays in 4/4" in said.out + said.err


def test_restyle_of_some_bars_is_an_edit(bandmate):
    said = bandmate("restyle", LIED, "--to", "house", "--bars", "3-4", "--seed", "1", "--engine", "rules",
                    "--candidates", "1", "--no-stems", "--out", "new.mid")  # fmt: skip
    assert said.code == 0, said.err
    assert "the rest is untouched" in said.out and "bars 3-4 in house" in said.out
    for words, sentence in (
        (["--to", "house", "--like", BEAT], "--like goes with a whole song"), ([], "give one --to GENRE"),
        (["--to", "house", "--split-drums"], "--split-drums goes with a whole song"),
        (["--to", "house,rock"], "house,rock"),
    ):  # fmt: skip
        said = bandmate("restyle", LIED, "--bars", "3-4", *words, "--out", "other.mid")
        assert said.code == 2 and sentence in said.err and not Path("other.mid").exists()


def test_restyle_writes_projects_too(bandmate):
    said = bandmate("restyle", LIED, "--to", "house", "--to", "bundle,reaper", "--seed", "1", "--engine", "rules",
                    "--candidates", "1", "--no-stems", "--out", "new")  # fmt: skip
    assert said.code == 0, said.err
    assert Path("new/new.zip").is_file() and Path("new/new REAPER").is_dir()
    assert read_take("new").plan.genre == "house"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["groove", LIED, "--by", "tables"], "give --like FILE, --style NAME, or --by model"),
        (["groove", LIED, "--by", "tables", "--model", "mine", "--style", "funk"], "tables need no model"),
        (["groove", LIED, "--by", "model", "--model", "nobody"], "model 'nobody' is not installed"),
        (["groove", LIED, "--by", "model", "--strength", "-1"], "strength -1 is out of range"),
        (["groove", BEAT, "--by", "model", "--like", LIED], "without --style and --by"),
        (["groove", LIED, "--style", "funk", "--like", BEAT], "give --like FILE alone"),
        (["groove", LIED, "--style", "polka"], "style 'polka' has no groove here"),
        (["groove", LIED, "--style", "funk", "--strength", "7"], "strength 7 is out of range"),
        (["groove", LIED, "--style", "funk", "--bars", "90-99"], "bars 90-99 are not in the piece"),
        (["groove", LIED, "--style", "funk", "--tracks", "tuba"], "track 'tuba' is not in the piece"),
        (["groove", LIED, "--style", "funk", "--seed", "-1"], "seed -1 is out of range"),
        (["groove", LIED, "--style", "funk", "--out", LIED], "is the file being edited"),
        (["groove", LIED, "--style", "funk", "--out", "x.wav"], "'.wav' is sound, which holds no notes"),
        (["harmonise", BEAT], "drums alone, so there is no melody"),
        (["harmonise", LIED, "--style", "polka"], "polka"),
        (["harmonise", LIED, "--add", "kazoo"], "'kazoo' cannot be added"),
        (["harmonise", LIED, "--key", "H major"], "key 'H major'"),
        (["harmonise", LIED, "--tracks", "voice,piano"], "name 2 tracks"),
        (["harmonise", LIED, "--bars", "40"], "bar 40 is not in the piece"),
        (["reharmonise", LIED, "--strength", "-1"], "strength -1 is out of range"),
        (["reharmonise", LIED, "--tracks", "voice"], "no part carries chords beside the melody"),
        (["reharmonise", BEAT], "drums alone"),
        (["drumify", LIED, "--style", "polka"], "polka"),
        (["drumify", LIED, "--bars", "90"], "bar 90 is not in the piece"),
        (["interpolate", LIED, BEAT, "--steps", "1"], "1 steps are out of range"),
        (["interpolate", LIED, BEAT, "--out", "way.mid"], "name a folder with --out"),
        (["interpolate", LIED, "missing.mid"], "missing.mid: there is no such file"),
        (["arrange", LIED, "--form", "verse many"], "section 'verse many' of the form is not understood"),
        (["arrange", LIED, "--form", "verse 9999"], "bars 9999 is out of range"),
        (["restyle", LIED], "give --to GENRE or --like FILE"),
        (["restyle", LIED, "--to", "polka"], "polka"),
        (["restyle", LIED, "--to", "ableton"], "give --to GENRE or --like FILE"),
        (["restyle", LIED, "--to", "house", "--to", "funk"], "'house' and 'funk' are two"),
        (["restyle", BEAT, "--to", "house"], "drums alone"),
        (["restyle", LIED, "--to", "house", "--tempo", "900"], "tempo 900 is out of range"),
        (["groove", "missing.mid", "--style", "funk"], "missing.mid: there is no such file"),
        (["groove", LIED, "--like", "missing.mid"], "missing.mid: there is no such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(bandmate, words: list[str], sentence: str):
    said = bandmate(*words)
    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    assert not list(Path.cwd().iterdir()), "nothing is written"
