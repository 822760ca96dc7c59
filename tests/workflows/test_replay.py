"""replay: the same bytes again, or what differs and why."""

from __future__ import annotations

import json

import pytest

from bandmate.errors import FileFormatError, ModelError
from bandmate.workflows.compose import compose
from bandmate.workflows.replay import replay
from bandmate.workflows.take import seal_of


@pytest.fixture
def take(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return compose("house", seed=7, out="funky", bars=2, tracks="drums,bass", engine="rules").best


def _changed(take, change) -> None:
    data = json.loads(take.json_path.read_text(encoding="utf-8"))
    change(data)
    data["seal"] = seal_of(data)
    take.json_path.write_text(json.dumps(data), encoding="utf-8")


def test_all_files_are_the_same_bytes(take) -> None:
    result = replay(take.folder)
    assert result.same
    assert result.take.folder.name == "funky-replay"
    for name in take.files:
        assert (result.take.folder / name).read_bytes() == (take.folder / name).read_bytes()
    assert (take.folder / "take.json").read_bytes() == (result.take.folder / "take.json").read_bytes()


def test_one_of_several_takes_is_replayed_alone(tmp_path, take) -> None:
    many = compose("house", seed=3, takes=2, out="many", bars=2, tracks="drums,bass", engine="rules", stems=False)
    result = replay(many.takes[1].json_path, out="second")
    assert result.same
    assert (tmp_path / "second" / "many.mid").is_file()


def test_a_difference_is_named_with_the_version_that_changed(take) -> None:
    def change(data) -> None:
        data["files"]["mix.wav"] = "0" * 64
        data["recipe"]["versions"]["numpy"] = "1.0.0"

    _changed(take, change)
    result = replay(take.folder)
    assert not result.same
    assert result.different == ("mix.wav",)
    assert any(line.startswith("numpy 1.0.0 -> ") for line in result.version_changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.update(format="bandmate.take.v9"), "'bandmate.take.v9', this version reads"),
        (lambda data: data.pop("plan"), "damaged near 'plan'"),
        (lambda data: data["plan"].update(key="H"), "key 'H'"),
        (lambda data: data["recipe"]["settings"].update(wobble=1), "settings of another version"),
        (lambda data: data.update(brief=3), "damaged"),
        (lambda data: data.update(given={"0": "0"}), "given.mid is missing"),
    ],
)
def test_a_damaged_take_is_one_sentence(take, change, message) -> None:
    _changed(take, change)
    with pytest.raises(FileFormatError) as caught:
        replay(take.folder)
    assert message in str(caught.value)


def test_a_take_that_was_changed_by_hand_is_refused(take) -> None:
    text = take.json_path.read_text(encoding="utf-8")
    take.json_path.write_text(text.replace('"seed": 7', '"seed": 8'), encoding="utf-8")
    with pytest.raises(FileFormatError, match="changed by hand"):
        replay(take.folder)
    take.json_path.write_text(json.dumps(json.loads(text)), encoding="utf-8")  # another layout is no change
    assert replay(take.folder).same


def test_missing_files_say_what_to_do(take, tmp_path) -> None:
    with pytest.raises(FileFormatError, match="does not exist; give the take"):
        replay(tmp_path / "nowhere")
    take.midi.unlink()
    with pytest.raises(FileFormatError, match="funky.mid is missing"):
        replay(take.folder)
    take.json_path.write_text("{", encoding="utf-8")
    with pytest.raises(FileFormatError, match="not valid JSON"):
        replay(take.folder)


def test_another_model_of_the_same_name_is_refused(take) -> None:
    def change(data) -> None:
        data["recipe"]["engine"] = "onnx"
        data["recipe"]["model"] = {"name": "gone", "sha256": "0" * 64}

    _changed(take, change)
    with pytest.raises(ModelError, match="'gone' is not installed"):
        replay(take.folder)
