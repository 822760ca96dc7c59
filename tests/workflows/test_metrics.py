"""Metrics of files and folders: a table, CSV and JSON; broken files are named."""

from __future__ import annotations

import csv
import io
import json

import pytest
from tests.evaluation.music import alone, band, drums, noise

from bandmate.cli.main import main
from bandmate.errors import BriefError, FileFormatError, LibraryError
from bandmate.evaluation.metrics import METRIC_NAMES, measure_metrics
from bandmate.score.model import Score
from bandmate.workflows.metrics import metrics


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "music"
    band(4).write(place / "band.mid")
    alone([60, 62, 64, 65]).write(place / "deep" / "solo.mid")
    Score((drums(2),)).write(place / "drums.mid")
    (place / "broken.mid").write_bytes(b"no music")
    return place


def test_one_file(folder) -> None:
    found = metrics(folder / "band.mid")
    assert found.pieces[0].values == pytest.approx(measure_metrics(band(4)), nan_ok=True)
    assert found.to_json()["pieces"][0]["muspy"]["polyphony_rate"] is not None
    assert any("the same" in line for line in found.lines())


def test_a_folder_has_means_over_what_applies(folder) -> None:
    events = []
    found = metrics(folder, listener=events.append)
    assert [piece.name for piece in found.pieces] == ["band.mid", "deep/solo.mid", "drums.mid"]
    assert found.means["pitch_range"] == pytest.approx((50 + 5) / 2)
    assert len(found.skipped) == 1
    assert "broken.mid" in found.skipped[0]
    assert any(event["event"] == "notice" for event in events)


def test_csv_holds_every_value(folder) -> None:
    rows = list(csv.DictReader(io.StringIO(metrics(folder).to_csv())))
    assert set(METRIC_NAMES) <= set(rows[0])
    assert float(rows[0]["polyphony"]) == measure_metrics(band(4))["polyphony"]
    assert rows[2]["polyphony"] == ""


def test_what_cannot_be_measured_is_said(folder, tmp_path) -> None:
    with pytest.raises(FileFormatError, match=r"broken\.mid"):
        metrics(folder / "broken.mid")
    with pytest.raises(LibraryError, match="is not there"):
        metrics(tmp_path / "nowhere")
    (tmp_path / "hollow").mkdir()
    with pytest.raises(LibraryError, match="holds no music"):
        metrics(tmp_path / "hollow")
    (tmp_path / "hollow" / "a.mid").write_bytes(b"")
    with pytest.raises(LibraryError, match="nothing in it could be measured"):
        metrics(tmp_path / "hollow")


def test_the_command_prints_csv_or_json(folder, capsys) -> None:
    assert main(["metrics", str(folder), "--csv"]) == 0
    assert capsys.readouterr().out.startswith("piece,pitch_range,")
    assert main(["metrics", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["means"]["polyphony"] > 1
    assert main(["metrics", str(folder), "--csv", "--json"]) == 2
    assert "contradict" in capsys.readouterr().out


@pytest.fixture
def sets(tmp_path):
    for name, first in (("mine", 0), ("yours", 20)):
        for seed in range(first, first + 5):
            noise(seed, 3, 40).write(tmp_path / name / f"{seed}.mid")
    return tmp_path / "mine", tmp_path / "yours"


def test_a_folder_against_another(sets) -> None:
    found = metrics(sets[0], against=sets[1]).to_json()["against"]
    assert found["pieces"] == 5
    assert found["frechet"] > 0
    assert 0 < found["features"]["pitch_class_histogram"]["area"] <= 1
    same = metrics(sets[0], against=sets[0])
    assert same.to_json()["against"]["frechet"] == pytest.approx(0, abs=1e-6)
    assert any("pitch_class_transitions" in line for line in same.lines())


def test_a_file_against_another(folder) -> None:
    found = metrics(folder / "band.mid", against=folder / "band.mid").to_json()["against"]
    assert found["matched"] == found["found"] == found["wanted"] > 0
    assert found["f1"] == 1
    drums_alone = metrics(folder / "drums.mid", against=folder / "band.mid")
    assert drums_alone.to_json()["against"]["precision"] == 1
    assert "precision 1, recall 0." in drums_alone.lines()[-1]


def test_few_pieces_or_drums_alone_have_no_distance(folder, tmp_path) -> None:
    for number in range(3):
        Score((drums(2),)).write(tmp_path / "beats" / f"{number}.mid")
    found = metrics(tmp_path / "beats", against=folder).to_json()["against"]
    assert {row["area"] for row in found["features"].values()} == {None}
    (folder / "drums.mid").unlink()
    assert metrics(folder, against=tmp_path / "beats").to_json()["against"]["frechet"] is None


def test_a_folder_is_measured_in_every_format_and_tunebooks_by_tune(tmp_path):
    band(4).write(tmp_path / "band.json")
    (tmp_path / "book.abc").write_text("X:1\nT:A\nK:C\nCDEF|\n\nX:2\nT:B\nK:C\nGABc|\n", encoding="utf-8")
    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    assert [piece.name for piece in metrics(tmp_path).pieces] == ["band.json", "book.abc#1", "book.abc#2"]


def test_a_file_is_not_held_against_a_folder(folder) -> None:
    with pytest.raises(BriefError, match="give two files or two folders"):
        metrics(folder / "band.mid", against=folder)
    with pytest.raises(LibraryError, match="is not there"):
        metrics(folder, against=folder / "nowhere")
