"""A file at a second place: what is shared, and what is not."""

from __future__ import annotations

import pytest

from bandmate.io import cloning
from bandmate.io.cloning import cloned, place_file


@pytest.fixture
def stem(tmp_path):
    path = tmp_path / "stem.wav"
    path.write_bytes(b"sound" * 1000)
    return path


def test_a_copy_or_a_clone_is_independent(stem, tmp_path):
    place_file(stem, tmp_path / "other.wav", link=False)
    (tmp_path / "other.wav").write_bytes(b"cut")
    assert stem.read_bytes() == b"sound" * 1000


def test_where_no_clone_can_be_made_a_link_is_one_if_it_will_do(stem, tmp_path, monkeypatch):
    monkeypatch.setattr(cloning, "cloned", lambda source, target: False)
    place_file(stem, tmp_path / "other.wav", link=True)
    assert (tmp_path / "other.wav").samefile(stem)
    place_file(stem, tmp_path / "third.wav", link=False)
    assert not (tmp_path / "third.wav").samefile(stem)
    assert (tmp_path / "third.wav").read_bytes() == stem.read_bytes()


def test_where_no_link_can_be_made_it_is_copied(stem, tmp_path, monkeypatch):
    def refused(*_):
        raise OSError("across devices")

    monkeypatch.setattr(cloning, "cloned", lambda source, target: False)
    monkeypatch.setattr(cloning.os, "link", refused)
    place_file(stem, tmp_path / "other.wav", link=True)
    assert not (tmp_path / "other.wav").samefile(stem)
    assert (tmp_path / "other.wav").read_bytes() == stem.read_bytes()


def test_a_clone_is_whole_or_leaves_nothing(stem, tmp_path):
    target = tmp_path / "other.wav"
    assert cloned(stem, target) == target.exists()
    if target.exists():
        assert target.read_bytes() == stem.read_bytes()


def test_a_disk_that_cannot_clone_leaves_nothing(stem, tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refused(*_):
        raise OSError("not supported")

    monkeypatch.setattr(fcntl, "ioctl", refused)
    monkeypatch.setattr(cloning.sys, "platform", "linux")
    assert not cloned(stem, tmp_path / "other.wav")
    assert not (tmp_path / "other.wav").exists()
