"""Models: listed, carried between machines whole, and never trusted with a path."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest

from bandmate.errors import ModelError
from bandmate.workflows import models


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models.models_folder() / "mine"
    folder.mkdir(parents=True)
    (folder / models.WEIGHTS_FILE).write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    (folder / models.CARD_FILE).write_text(json.dumps({"licence": "yours", "sha256": digest}), encoding="utf-8")
    return folder


def test_a_model_is_found_and_its_hash_checked(mine) -> None:
    assert "mine" in {model.name for model in models.installed_models()}
    assert models.model_identity("mine")["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert models.default_engine("mine") == "onnx"
    (mine / models.WEIGHTS_FILE).write_bytes(b"damaged!")
    with pytest.raises(ModelError, match="its card says"):
        models.model_identity("mine")


def test_a_model_without_weights_falls_back_to_the_rules(mine) -> None:
    (mine / models.WEIGHTS_FILE).unlink()
    assert models.default_engine("mine") == "rules"
    with pytest.raises(ModelError, match=r"no weights.*bandmate\[learn\]"):
        models.model_identity("mine")


def test_export_and_import_carry_every_file(mine, tmp_path) -> None:
    (mine / "deep").mkdir()
    (mine / "deep" / "note.txt").write_text("a")
    packed = models.export_model("mine", tmp_path / "mine.zip")
    models.remove_model("mine")
    assert models.import_model(packed).name == "mine"
    assert (mine / "deep" / "note.txt").read_text() == "a"
    assert (mine / models.WEIGHTS_FILE).read_bytes() == b"weights"
    with pytest.raises(ModelError, match="is there already"):
        models.import_model(packed)
    assert models.import_model(packed, "other").folder.name == "other"


def _packed(path, files: dict[str, bytes], digests: dict[str, str] | None = None) -> None:
    wanted = digests or {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(models.MANIFEST, json.dumps({"format": models.FORMAT, "name": "evil", "files": wanted}))
        for name, data in files.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:/evil", "a\\..\\..\\evil"])
def test_no_file_leaves_the_folder(tmp_path, name: str) -> None:
    _packed(tmp_path / "evil.zip", {name: b"x"})
    with pytest.raises(ModelError, match="outside its folder"):
        models.import_model(tmp_path / "evil.zip")
    assert not list(tmp_path.rglob("evil")) + list(tmp_path.rglob("evil.txt"))
    assert not list(models.models_folder().glob(".evil*"))


def test_damaged_files_are_named(tmp_path) -> None:
    _packed(tmp_path / "a.zip", {"x": b"1"}, {"x": "0" * 64})
    with pytest.raises(ModelError, match="x has a wrong hash"):
        models.import_model(tmp_path / "a.zip")
    _packed(tmp_path / "b.zip", {}, {"y": "0" * 64})
    with pytest.raises(ModelError, match="lacks y"):
        models.import_model(tmp_path / "b.zip")
    (tmp_path / "c.zip").write_bytes(b"no zip")
    with pytest.raises(ModelError, match="is not a model file"):
        models.import_model(tmp_path / "c.zip")
    with pytest.raises(ModelError, match="does not exist"):
        models.import_model(tmp_path / "d.zip")
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("x", b"1")
    with pytest.raises(ModelError, match="holds no bandmate-model"):
        models.import_model(tmp_path / "e.zip")


def test_names_are_checked_and_the_shipped_model_stays(tmp_path, monkeypatch) -> None:
    packed = models.export_model("mine", tmp_path / "mine.zip")
    with pytest.raises(ModelError, match="cannot be a model's name"):
        models.import_model(packed, "../up")
    with pytest.raises(ModelError, match="did you mean 'mine'"):
        models.find_model("mien")
    monkeypatch.setattr(models, "_shipped_folder", models.models_folder)
    with pytest.raises(ModelError, match="came with Bandmate"):
        models.remove_model("mine")
