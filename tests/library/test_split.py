import itertools
from pathlib import Path

import pytest

from bandmate.library.catalog import Catalog, Record
from bandmate.library.fingerprint import fingerprint
from bandmate.library.split import Shares, settle, work_name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/Night Drive 120bpm Dm.mid", "a/night_drive (2).mid"),
        ("a/Night Drive - drums.mid", "a/Night Drive - bass.mid"),
        ("a/song.mid", "a/song.1.mid"),
        ("a/Café v2.mid", "a/cafe take 3.mid"),
    ],
)
def test_versions_of_one_work_have_one_name(first, second):
    assert work_name(first) == work_name(second) != ""


@pytest.mark.parametrize(
    ("first", "second"),
    [("a/Rock 1.mid", "a/Rock 2.mid"), ("a/song.mid", "b/song.mid"), ("Am I blue.mid", "blue.mid")],
)
def test_different_works_have_different_names(first, second):
    assert work_name(first) != work_name(second)


@pytest.mark.parametrize("path", ["01.mid", "120bpm.mid", "bass 2.mid", "drums.mid", "Take 3.mid", "x/12-34.mid"])
def test_a_name_that_says_nothing_stands_for_itself(path):
    assert work_name(path) == ""


def record(source, path, *, score=None, mark=b"", work="", split=""):
    found = fingerprint(score) if score is not None else None
    columns = {"print": found.print if found else mark or path.encode(), "sketch": found.sketch if found else b"",
               "stated_work": work, "stated_split": split, "notes": 100}  # fmt: skip
    return Record(source, path, 1, 1, "taken", columns, bands=found.bands if found else ())


@pytest.fixture
def catalog():
    with Catalog(":memory:") as opened:
        yield opened


def splits(catalog):
    return {piece.relative: piece.split for piece in catalog.pieces()}


def test_shares_hold_over_many_works_and_do_not_hang_on_order(catalog):
    source = catalog.add_source("s", Path("/s"))
    catalog.put([record(source, f"tune {chr(97 + n % 20)}{n}.mid") for n in range(600)])
    settle(catalog, Shares(0.1, 0.05))
    first = splits(catalog)
    counts = catalog.counts()
    assert 35 <= counts["valid"] <= 85
    assert 15 <= counts["test"] <= 48
    catalog.put([record(source, "another.mid")])
    settle(catalog, Shares(0.1, 0.05))
    second = splits(catalog)
    assert {path: second[path] for path in first} == first  # adding music moves nothing


def test_a_work_is_never_torn_apart(catalog, make_band):
    source, other = catalog.add_source("s", Path("/s")), catalog.add_source("t", Path("/t"))
    catalog.put(
        [
            *(record(source, f"one{n}.mid", work="opus 1") for n in range(5)),
            *(record(other, f"two{n}.mid", work="Opus 1") for n in range(5)),  # the same group in another source
            *(record(source, f"lone {chr(97 + n)}.mid") for n in range(20)),
        ]
    )
    settle(catalog)
    assert len({piece.split for piece in catalog.pieces() if piece.work == "opus 1"}) == 1


def test_the_most_held_out_stated_split_counts_for_the_work(catalog):
    source = catalog.add_source("s", Path("/s"))
    catalog.put([record(source, "a1.mid", work="w", split="train"), record(source, "a2.mid", work="w", split="test"),
                 record(source, "a3.mid", work="w"), record(source, "b.mid", work="v", split="valid")])  # fmt: skip
    settle(catalog)
    assert splits(catalog) == {"a1.mid": "test", "a2.mid": "test", "a3.mid": "test", "b.mid": "valid"}


@pytest.mark.parametrize("count", [3, 4, 10])
def test_a_small_library_has_something_to_learn_from_and_to_measure_on(catalog, count):
    source = catalog.add_source("s", Path("/s"))
    catalog.put([record(source, f"tune {chr(97 + n)}.mid") for n in range(count)])
    settle(catalog)
    counts = catalog.counts()
    assert counts["valid"] >= 1
    assert counts["train"] >= 1


def test_of_twins_the_first_stays_whatever_came_in_first(make_band):
    for order in itertools.permutations(["b.mid", "a.mid", "c.mid"]):
        with Catalog(":memory:") as catalog:
            source = catalog.add_source("s", Path("/s"))
            for path in order:
                catalog.put([record(source, path, score=make_band(1))])
            catalog.put([record(source, "other.mid", score=make_band(2))])
            settle(catalog)
            settle(catalog)  # again changes nothing
            assert [piece.relative for piece in catalog.pieces()] == ["a.mid", "other.mid"]
            out = list(catalog.pieces(state="left out"))
            assert {piece.reason for piece in out} == {"duplicate"}
            assert all("a.mid" in piece.detail for piece in out)


def test_a_twin_comes_back_when_the_first_is_gone(catalog, make_band):
    source = catalog.add_source("s", Path("/s"))
    catalog.put([record(source, path, score=make_band(1)) for path in ("a.mid", "b.mid")])
    settle(catalog)
    catalog.db.execute("delete from piece where path = 'a.mid'")
    settle(catalog)
    assert [piece.relative for piece in catalog.pieces()] == ["b.mid"]
