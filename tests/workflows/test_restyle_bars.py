"""Some bars of a piece reworked: what lies outside comes back event for event, on real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import BriefError, ScoreError
from bandmate.generation.scene import with_roles
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.midi import read_midi
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.selection import Selection
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched
from bandmate.workflows.drumify import drumify
from bandmate.workflows.edits import run_edit
from bandmate.workflows.groove import groove
from bandmate.workflows.harmonise import harmonise, reharmonise
from bandmate.workflows.replay import replay

MUSIC = Path(__file__).parents[1] / "fixtures" / "music"
LIED, BEAT = MUSIC / "lied.mid", MUSIC / "funk_beat.mid"
HOW = {"engine": "rules", "candidates": 1}


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def song() -> Path:
    play(make_plan(Brief(genre="pop", bars=8, only=("drums", "bass", "chords", "melody")), 3), 3).write("song.mid")
    return Path("song.mid")


def silent_outside(before: Score, after: Score, span: tuple[int, int]) -> bool:
    """Whether tracks that were added sound in the asked ticks alone."""
    onsets = [track.notes["onset_ticks"] for track in after.tracks[len(before.tracks) :]]
    ends = [track.last_ticks for track in after.tracks[len(before.tracks) :]]
    return all((o >= span[0]).all() for o in onsets) and max(ends, default=0) <= span[1]


def test_bars_are_restyled_round_the_melody(song):
    take = run_edit("restyle", song, to="house", bars="3-6", seed=1, out="new", **HOW).best
    before, after = with_roles(read_midi(song)), read_midi(take.midi)
    melody = next(i for i, t in enumerate(before.tracks) if t.role == "melody")
    rest = tuple(i for i, t in enumerate(before.tracks) if len(t.notes) and i != melody)
    cells = Selection(rest, 2, 5)
    assert untouched(before, after, cells) == [] and silent_outside(before, after, cells.span(before))
    assert take.report["met"] and len(after.tracks) > len(before.tracks)
    kit = next(i for i in rest if before.tracks[i].is_drum)
    start, end = cells.span(before)
    inside = [
        t.notes[(t.notes["onset_ticks"] >= start) & (t.notes["onset_ticks"] < end)]["onset_ticks"].tolist()
        for t in (before.tracks[kit], after.tracks[kit])
    ]
    assert inside[1] and inside[0] != inside[1]
    assert replay(take.folder).same


def test_tracks_that_are_not_named_stay_and_are_not_doubled(song):
    take = run_edit("restyle", song, to="house", bars="3-6", tracks="chords", seed=1, out="new", **HOW).best
    before, after = with_roles(read_midi(song)), read_midi(take.midi)
    chords = tuple(i for i, t in enumerate(before.tracks) if t.role == "chords")
    assert untouched(before, after, Selection(chords, 2, 5)) == []
    assert not any(track.is_drum for track in after.tracks[len(before.tracks) :])


@pytest.mark.parametrize(("options", "error", "sentence"), [
    ({"to": "house"}, BriefError, "which bars"), ({"to": "house2", "bars": "1"}, BriefError, "house2"),
    ({"to": "house", "bars": "7-99"}, ScoreError, "bars 7-99 are not in the piece"),
    ({"to": "house", "bars": "1", "melody": "tuba"}, ScoreError, "'tuba' is not in the piece"),
    ({"to": "house", "bars": "1", "key": "C major"}, BriefError, "restyle keeps key and chords"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(song, options, error, sentence):
    with pytest.raises(error, match=sentence):
        run_edit("restyle", song, seed=1, out="new", **HOW, **options)
    assert not Path("new").exists()


@pytest.mark.parametrize("case", range(24))
def test_outside_of_any_asked_bars_nothing_changes(case):
    dice = np.random.default_rng(case)
    command = ("harmonise", "voice", "reharmonise", "drumify", "groove", "restyle")[case % 6]
    source = BEAT if command in ("drumify", "groove") and case % 4 < 2 else LIED
    before = with_roles(read_midi(source))
    count = len(bar_grid(before))
    first = int(dice.integers(0, count - 1))
    last = min(count - 1, first + int(dice.integers(0, 6)))
    bars, span = f"{first + 1}-{last + 1}", Selection((0,), first, last).span(before)
    sounding = tuple(i for i, t in enumerate(before.tracks) if len(t.notes))
    how = {"bars": bars, "seed": case, "out": "new.mid"}
    try:
        if command == "restyle":
            run_edit(command, source, to=("house", "bossa_nova", "rock")[case % 3], **how, **HOW)
        elif command in ("harmonise", "voice"):
            harmonise(source, voice=command == "voice", add="chords,bass", **how)
        else:
            {"reharmonise": reharmonise, "drumify": drumify, "groove": groove}[command](
                source, **({"style": "funk"} | how))  # fmt: skip
    except ScoreError as error:
        assert any(words in str(error) for words in ("rests in", "no onsets", "no part carries"))
        return
    after = read_midi("new.mid")
    assert untouched(before, after, Selection(sounding, first, last)) == []
    assert silent_outside(before, after, span)
