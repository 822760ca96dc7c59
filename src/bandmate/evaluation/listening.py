"""What people say of takes that they heard blind: the questions, the columns of the answers, and what they come to.

Sources: five-point absolute category rating as in ITU-T P.800 (1996); musicality, harmony and form in the spirit of the
listening tests of symbolic generators (Dong et al., Multitrack Music Transformer, 2023: overall, coherence, richness,
arrangement); groove as "wanting to move" (Madison, Experiencing groove induced by music, 2006). Intervals: bootstrap
over raters and over takes at once (Owen, The pigeonhole bootstrap, 2007). A/B: exact two-sided binomial test, and the
interval of Wilson (1927).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError

LEAST_LISTENED_SEC = 5.0  # an answer after less is left out
PREFER = "prefer"
_LARGEST_BYTES = 32 * 2**20
_DRAWS = 2000
_Z = 1.959964  # 97.5th percentile of the normal distribution


@dataclass(frozen=True, slots=True)
class Question:
    """A question with answers 1 to 5.

    Attributes:
        name: in the CSV; text: as asked; low, high: what 1 and 5 mean.
    """

    name: str
    text: str
    low: str
    high: str


QUESTIONS = (
    Question("musicality", "As music, how good is it?", "bad", "excellent"),
    Question("groove", "Does it make you want to move?", "not at all", "very much"),
    Question("harmony", "Do chords, bass and melody belong together?", "they clash", "they fit"),
    Question("form", "Does it begin, go somewhere and end?", "it wanders", "clear form"),
    Question("keep", "Would you keep it and work on with it?", "throw away", "keep"),
)
COMMENT = "comment"
EXPERIENCE = "experience"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a CSV of answers; the fields are its columns.

    Attributes:
        rater: the code the rater chose; session: one run of the page, by chance.
        order: when the take was heard, from 1; both takes of an A/B pair have the same.
        item: the take, by its path in the folder; set: the sub-folder it came from, empty if there was none.
        question: a name in QUESTIONS, "prefer", "comment" or "experience".
        answer: 1 to 5; for "prefer" 1, 0 or 0.5 = no preference, the take that was A in the first row; or text.
        listened_sec: how long the take had been played when the answer was given.
        time: of the answer, ISO 8601 in UTC.
    """

    rater: str
    session: str
    order: int
    item: str
    set: str
    question: str
    answer: str
    listened_sec: float
    time: str


COLUMNS = tuple(field.name for field in fields(Answer))


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean answer to a question for a set, with its 95 % interval and the number of answers."""

    set: str
    question: str
    mean: float
    low: float
    high: float
    answers: int


@dataclass(frozen=True, slots=True)
class Preference:
    """How often one set was preferred to another.

    Attributes:
        set, other: the two; wins, losses, ties: of `set`.
        share, low, high: wins among decided pairs with its 95 % interval; NaN without any.
        p_value: that a coin would give a result as far from a half.
    """

    set: str
    other: str
    wins: int
    losses: int
    ties: int
    share: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Listening:
    """What answers say.

    Attributes:
        raters, takes, answers: how many counted.
        hasty: answers left out since under LEAST_LISTENED_SEC had been heard.
        means: by set and question; preferences: by pair of sets.
        comments: (set, item, text).
    """

    raters: int
    takes: int
    answers: int
    hasty: int
    means: tuple[Mean, ...]
    preferences: tuple[Preference, ...]
    comments: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data; what cannot be counted is None."""
        plain = {
            name: [{f.name: getattr(row, f.name) for f in fields(row)} for row in getattr(self, name)]
            for name in ("means", "preferences")
        }
        counts = {name: getattr(self, name) for name in ("raters", "takes", "answers", "hasty")}
        rows = {name: [{k: _or_none(v) for k, v in row.items()} for row in table] for name, table in plain.items()}
        return {**counts, **rows, "comments": [list(comment) for comment in self.comments]}


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def read_answers(paths: Iterable[str | Path]) -> list[Answer]:
    """Read CSV files that a listening page saved; a row that several of them hold counts once, the last one wins.

    Raises:
        FileFormatError: a file is missing or is not such a CSV; the message names it and the line.
    """
    answers = [answer for path in paths for answer in _read_one(Path(path))]
    return list({(a.rater, a.session, a.order, a.item, a.question): a for a in answers}.values())


def _read_one(path: Path) -> list[Answer]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FileFormatError(f"{path} is too large to be answers of a listening page; give the CSV it saved")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"{path} is no CSV ({error}); give the one that the listening page saved") from error
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror}); give a CSV of a listening page") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise FileFormatError(
            f"{path} holds no answers of a listening page; its first line must be {','.join(COLUMNS)}"
        )
    return [_answer(path, number, row) for number, row in enumerate(rows[1:], 2) if row]


def _answer(path: Path, number: int, row: list[str]) -> Answer:
    try:
        values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
        answer = Answer(**{**values, "order": int(values["order"]), "listened_sec": float(values["listened_sec"])})
        allowed = {PREFER: ("0", "0.5", "1")}.get(answer.question, ("1", "2", "3", "4", "5"))
        if answer.question not in (COMMENT, EXPERIENCE) and answer.answer not in allowed:
            raise ValueError(f"answer '{answer.answer}' to '{answer.question}' is not one of {', '.join(allowed)}")
        if not 0 <= answer.listened_sec < math.inf:
            raise ValueError(f"{answer.listened_sec} seconds cannot be listened")
    except ValueError as error:
        raise FileFormatError(f"{path}, row {number}: {error}; save the CSV again from the page") from error
    return answer


def summarise(answers: Sequence[Answer], seed: int = 0) -> Listening:
    """What answers say: means by set with intervals, and who was preferred to whom.

    Args:
        answers: from `read_answers`.
        seed: of the bootstrap.
    """
    said = [a for a in answers if a.question not in (COMMENT, EXPERIENCE)]
    kept = [a for a in said if a.listened_sec >= LEAST_LISTENED_SEC]
    names = [question.name for question in QUESTIONS]
    names += sorted({a.question for a in kept} - {*names, PREFER})
    means = []
    for name in names:
        for place in sorted({a.set for a in kept}):
            rows = [a for a in kept if a.question == name and a.set == place]
            means += [_mean(place, name, rows, seed)] if rows else []
    comments = tuple((a.set, a.item, a.answer) for a in answers if a.question == COMMENT and a.answer.strip())
    return Listening(
        len({a.rater for a in kept}), len({a.item for a in kept}), len(kept), len(said) - len(kept),
        tuple(means), tuple(_preferences(kept)), comments,
    )  # fmt: skip


def _mean(place: str, name: str, rows: list[Answer], seed: int) -> Mean:
    values = np.array([float(a.answer) for a in rows])
    rng = np.random.default_rng(seed)
    weights = _weights([a.rater for a in rows], rng) * _weights([a.item for a in rows], rng)
    total = weights.sum(axis=1)
    means = (weights @ values)[total > 0] / total[total > 0]
    low, high = np.percentile(means, (2.5, 97.5))
    return Mean(place, name, float(values.mean()), float(low), float(high), len(rows))


def _weights(names: list[str], rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each row's rater (or take) is drawn in each bootstrap draw; float (draws, rows)."""
    _, index = np.unique(names, return_inverse=True)
    count = int(index.max()) + 1
    return rng.multinomial(count, np.full(count, 1 / count), _DRAWS)[:, index].astype(np.float64)


def _preferences(answers: Sequence[Answer]) -> list[Preference]:
    pairs: dict[tuple[str, str, int], list[Answer]] = {}
    for a in answers:
        if a.question == PREFER:
            pairs.setdefault((a.rater, a.session, a.order), []).append(a)
    whole = [pair for pair in pairs.values() if len(pair) == 2 and pair[0].set != pair[1].set]
    found = []
    for place, other in combinations(sorted({a.set for pair in whole for a in pair}), 2):
        marks = [a.answer for pair in whole if {x.set for x in pair} == {place, other} for a in pair if a.set == place]
        if marks:
            found.append(_preference(place, other, marks.count("1"), marks.count("0"), marks.count("0.5")))
    return found


def _preference(place: str, other: str, wins: int, losses: int, ties: int) -> Preference:
    decided = wins + losses
    if not decided:
        return Preference(place, other, wins, losses, ties, math.nan, math.nan, math.nan, 1.0)
    share = wins / decided
    centre = (share + _Z**2 / (2 * decided)) / (1 + _Z**2 / decided)
    half = _Z / (1 + _Z**2 / decided) * math.sqrt(share * (1 - share) / decided + _Z**2 / (4 * decided**2))
    return Preference(place, other, wins, losses, ties, share, centre - half, centre + half, binomial_p(wins, decided))


def binomial_p(wins: int, decided: int) -> float:
    """Exact two-sided p-value that a fair coin gives a result at least as far from a half.

    >>> round(binomial_p(8, 10), 4)
    0.1094
    """
    extreme = max(wins, decided - wins)
    tail = sum(math.comb(decided, count) for count in range(extreme, decided + 1))
    return min(1.0, 2 * tail / 2**decided)
