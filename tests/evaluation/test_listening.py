"""What answers come to: means, intervals, win rates, and which files are refused."""

from __future__ import annotations

import math

import pytest

from bandmate.errors import FileFormatError
from bandmate.evaluation.listening import COLUMNS, Answer, binomial_p, read_answers, summarise

HEAD = ",".join(COLUMNS)
ROW = "anna,s1,1,model/house,model,groove,4,12.5,2026-01-01T10:00:00Z"


def rating(rater: str, item: str, answer: int, *, question: str = "musicality", listened_sec: float = 20) -> Answer:
    place = item.split("/")[0]
    return Answer(rater, "s", 1, item, place, question, str(answer), listened_sec, "")


def pair(rater: str, order: int, winner: str, loser: str, *, tie: bool = False) -> list[Answer]:
    marks = ("0.5", "0.5") if tie else ("1", "0")
    return [
        Answer(rater, "s", order, f"{place}/x", place, "prefer", mark, 20, "")
        for place, mark in zip((winner, loser), marks, strict=True)
    ]


def test_means_by_set_and_question() -> None:
    answers = [
        rating("a", "m/1", 4),
        rating("b", "m/1", 2),
        rating("a", "r/1", 1),
        rating("a", "m/1", 5, question="keep"),
    ]
    found = {(row.set, row.question): (row.mean, row.answers) for row in summarise(answers).means}
    assert found == {("m", "musicality"): (3.0, 2), ("r", "musicality"): (1.0, 1), ("m", "keep"): (5.0, 1)}


def test_an_interval_holds_its_mean_and_knows_that_one_take_is_one_take() -> None:
    # Twenty raters agree on two takes: the interval is wide, since other takes might be heard otherwise.
    answers = [rating(f"r{n}", "m/good", 5) for n in range(20)] + [rating(f"r{n}", "m/bad", 1) for n in range(20)]
    (row,) = summarise(answers).means
    assert row.mean == 3.0
    assert (row.low, row.high) == (1.0, 5.0)
    many = [rating(f"r{n}", f"m/{n}-{k}", 3 + (-1) ** k) for n in range(10) for k in range(10)]
    (row,) = summarise(many).means
    assert row.low < row.mean < row.high
    assert row.high - row.low < 1.0


def test_preferences_count_decided_pairs() -> None:
    answers = [a for n in range(8) for a in pair("a", n, "model", "rules")]
    answers += [a for n in range(8, 10) for a in pair("a", n, "rules", "model")] + pair(
        "a", 10, "model", "rules", tie=True
    )
    (row,) = summarise(answers).preferences
    assert (row.set, row.other, row.wins, row.losses, row.ties) == ("model", "rules", 8, 2, 1)
    assert row.share == 0.8
    assert (row.low, row.high) == (pytest.approx(0.490, abs=0.001), pytest.approx(0.943, abs=0.001))  # Wilson's own
    assert row.p_value == pytest.approx(0.109375)


def test_ties_alone_decide_nothing() -> None:
    (row,) = summarise(pair("a", 1, "model", "rules", tie=True)).preferences
    assert math.isnan(row.share)
    assert row.p_value == 1.0
    assert summarise(pair("a", 1, "model", "rules", tie=True)).to_json()["preferences"][0]["share"] is None


@pytest.mark.parametrize(
    ("wins", "decided", "p_value"), [(5, 10, 1.0), (10, 10, 2 / 1024), (0, 10, 2 / 1024), (9, 10, 22 / 1024)]
)
def test_the_binomial_test_is_exact(wins: int, decided: int, p_value: float) -> None:
    assert binomial_p(wins, decided) == pytest.approx(p_value)


def test_answers_given_too_early_are_left_out_and_counted() -> None:
    found = summarise([rating("a", "m/1", 5), rating("a", "m/2", 1, listened_sec=1.0)])
    assert (found.answers, found.hasty) == (1, 1)
    assert found.means[0].mean == 5.0


def test_files_are_read_with_or_without_a_byte_order_mark_and_doubles_count_once(tmp_path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(f"{HEAD}\r\n{ROW}\r\n", encoding="utf-8")
    comment = 'anna,s1,1,model/house,model,comment,"nice, but ""long""",12.5,2026-01-01T10:00:00Z'
    second.write_text(f"\ufeff{HEAD}\n{ROW.replace(',4,', ',5,')}\n{comment}\n", encoding="utf-8")
    answers = read_answers([first, second])
    assert [a.answer for a in answers] == ["5", 'nice, but "long"']
    assert summarise(answers).comments == (("model", "model/house", 'nice, but "long"'),)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no answers"),
        (b"name,age\nx,1\n", "holds no answers"),
        (bytes(range(128, 256)), "is no CSV"),
        (f"{HEAD}\nanna,s1\n".encode(), "row 2"),
        (f"{HEAD}\n{ROW}\n{ROW.replace(',4,', ',9,')}\n".encode(), "row 3: answer '9' to 'groove'"),
        (f"{HEAD}\n{ROW.replace(',1,', ',first,')}\n".encode(), "row 2"),
        (f"{HEAD}\n{ROW.replace('12.5', 'nan')}\n".encode(), "row 2: nan seconds"),
    ],
)
def test_what_is_no_file_of_answers_is_refused(tmp_path, content: bytes, sentence: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=sentence):
        read_answers([path])


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(FileFormatError, match=r"none\.csv cannot be read"):
        read_answers([tmp_path / "none.csv"])
