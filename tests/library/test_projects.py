"""A library of sequencers' projects is training data as MIDI files are."""

from __future__ import annotations

import pytest

from bandmate.library.examine import examine
from bandmate.library.sources.base import Hints
from bandmate.library.sources.folder import FolderSource
from bandmate.workflows.gather import _is_part


@pytest.mark.parametrize("suffix", [".als", ".dawproject", ".rpp"])
def test_a_project_says_the_same_as_its_midi(suffix, make_band, tmp_path):
    score = make_band(1)
    answers = [examine(str(score.write(tmp_path / f"song{s}")), "folder", Hints()) for s in (".mid", suffix)]
    one, two = ({**answer["columns"], "sha256": ""} for answer in answers)
    assert [answer["state"] for answer in answers] == ["taken", "taken"]
    assert {key: two[key] for key in ("bars", "notes", "tempo_bpm", "meter", "key", "roles")} == {
        key: one[key] for key in ("bars", "notes", "tempo_bpm", "meter", "key", "roles")
    }


def test_backups_of_a_live_project_are_passed_over(make_band, tmp_path):
    for place in ("song Project/song.als", "song Project/Backup/song [2026].als", "Backup/own.als"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        make_band(1).write(tmp_path / place)
    (tmp_path / "song Project" / "Ableton Project Info").mkdir()
    assert [found.relative for found in FolderSource(tmp_path).files()] == ["Backup/own.als", "song Project/song.als"]


def test_a_damaged_project_is_left_out_with_its_reason(tmp_path):
    (tmp_path / "bad.als").write_bytes(b"\x1f\x8b nonsense")
    answer = examine(str(tmp_path / "bad.als"), "folder", Hints())
    assert answer["state"] == "left out"
    assert "damaged" in answer["columns"]["detail"]


def test_projects_of_a_take_are_no_pieces_of_their_own(tmp_path):
    (tmp_path / "funky").mkdir()
    (tmp_path / "funky" / "take.json").write_text("{}", encoding="utf-8")
    parts = ("funky/funky Project/funky.als", "funky/funky.dawproject", "funky/tracks/01.mid")
    assert [_is_part(tmp_path / part) for part in parts] == [True, True, True]
    assert [_is_part(tmp_path / part) for part in ("funky/funky.mid", "own Project/own.als")] == [False, False]
