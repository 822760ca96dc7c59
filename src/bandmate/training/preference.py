"""Preference fine-tuning: a grid model that finds the takes a musician stars likelier, and those discarded less so.

Direct preference optimisation (Rafailov and others 2023): for each pair of takes the loss is
-log sigmoid(BETA (r(starred) - r(discarded))), where r is how much likelier the model finds a take than the model it
began from. Likelihoods are a mean over rows, so that a long take is not preferred for its length; of two edits of one
file they are those of the cells in which they differ, given the others (`pairs`). Pairs of takes that training never
saw say whether it went well: how many of them have the preferred take gained more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bandmate.counts import counted
from bandmate.errors import LibraryError
from bandmate.models.checkpoint import Weights
from bandmate.models.grid import GridModel
from bandmate.training.losses import row_losses
from bandmate.training.pairs import Graded, Rows, alike, given_part, pair_rows, rows_of

__all__ = ["Graded", "PreferenceOptions", "PreferenceReport", "rows_of", "split_pairs", "tune"]

BETA = 10.0  # a tenth of a nat a row is much: it makes a pair 73 % sure
LEAST_PAIRS, LEAST_HELD = 4, 1
_HELD_EVERY = 4


@dataclass(frozen=True, slots=True)
class PreferenceOptions:
    """How to tune: passes over the pairs, pairs a step, peak rate, gradient clip, longest time, seed."""

    passes: int = 6
    pairs: int = 4
    learning_rate: float = 5e-5
    clip: float = 1.0
    minutes: float = 8.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PreferenceReport:
    """What came of it.

    Attributes:
        pairs, held_out: pairs trained on, and pairs of takes that no trained pair holds.
        agreed: share of the held-out pairs in which the preferred take gained more; 0.5 would be chance.
        margin: mean of that gain over the held-out pairs, nats a row.
        steps, seconds: of training.
        edits: how many of all pairs were compared by the cells in which they differ; same: pairs left out, because both
            takes are the same to the model.
        improved: whether the new weights are worth keeping: most held-out pairs agree and the margin is above 0.
    """

    pairs: int
    held_out: int
    agreed: float
    margin: float
    steps: int
    seconds: float
    edits: int = 0
    same: int = 0

    @property
    def improved(self) -> bool:
        """Whether the new weights are better on takes that were not trained on."""
        return self.agreed > 0.5 and self.margin > 0

    def to_json(self) -> dict[str, Any]:
        """Plain data for the card."""
        return {**asdict(self), "improved": self.improved}


def split_pairs(takes: Sequence[Graded]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs (preferred, other) to train on and to hold out; takes of held-out pairs are in no trained one.

    Raises:
        LibraryError: there are too few of either; the message says how many takes to mark.
    """
    seen: dict[int, int] = {}
    held = []
    for take in takes:  # every so many takes of one grade are held out
        seen[take.grade] = seen.get(take.grade, 0) + 1
        held.append(seen[take.grade] % _HELD_EVERY == 2)
    every = [
        (better, worse) for better, a in enumerate(takes) for worse, b in enumerate(takes)
        if a.grade > b.grade and a.session == b.session and not alike(a, b)
    ]  # fmt: skip
    train = [pair for pair in every if not any(held[index] for index in pair)]
    test = [pair for pair in every if all(held[index] for index in pair)]
    if len(train) < LEAST_PAIRS or len(test) < LEAST_HELD:
        raise LibraryError(
            f"{counted(len(train), 'pair')} of marked takes to learn from and {len(test)} to judge by are too few "
            f"(from {LEAST_PAIRS} and {LEAST_HELD}); star some takes of a session and discard others: "
            "bandmate takes star 3"
        )
    return train, test


class _Likelihoods:
    """How likely a model finds the takes of a pair, and the same of the model that it began from."""

    def __init__(self, model: GridModel, takes: Sequence[Graded]) -> None:
        self.model, self.takes = model, takes
        self.rows: dict[tuple[int, int], tuple[Rows, Rows] | None] = {}
        self.before: dict[tuple[int, int], float] = {}

    def told_apart(self, better: int, worse: int) -> tuple[Rows, Rows] | None:
        """The rows of a pair of edits, None where takes are compared whole."""
        if (better, worse) not in self.rows:
            self.rows[better, worse] = pair_rows(self.takes[better], self.takes[worse])
        return self.rows[better, worse]

    def _each(self, better: int, worse: int) -> list[tuple[tuple[int, int], Rows]]:
        """The rows of both, by a key under which what the first model said of them is kept."""
        if (found := self.told_apart(better, worse)) is not None:
            return [((better, worse), found[0]), ((worse, better), found[1])]
        return [((index, index), self.takes[index].rows) for index in (better, worse)]

    @torch.no_grad()
    def begin(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Note what the model says of pairs before it is changed."""
        for pair in pairs:
            for key, rows in self._each(*pair):
                if key not in self.before:
                    self.before[key] = float(_likelihood(self.model, rows))

    def gain(self, better: int, worse: int) -> Tensor:
        """How much likelier the preferred take got than the other, nats a row."""
        one, two = (_likelihood(self.model, rows) - self.before[key] for key, rows in self._each(better, worse))
        return one - two


def _likelihood(model: GridModel, rows: Rows) -> Tensor:
    """Mean log-likelihood of a row that is asked."""
    total, count = _loss(model, rows)
    if len(given := given_part(rows)):
        before, less = _loss(model, given)  # no row looks ahead, so this is what the given part adds to the whole
        total, count = total - before, count - less
    return -total / max(1, count)


def _loss(model: GridModel, rows: Rows) -> tuple[Tensor, int]:
    total, _, count = row_losses(model, torch.from_numpy(rows.astype(np.int64))[None])
    return total, count


def tune(
    start: Weights,
    takes: Sequence[Graded],
    options: PreferenceOptions | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[dict[str, NDArray[np.float32]], PreferenceReport]:
    """Tune a model on marked takes.

    Args:
        start: the model to begin from, which is the reference, too.
        takes: marked ones, of any sessions.
        options: None = the defaults.
        progress: gets the share done, 0..1.

    Returns:
        The new tensors, and what held-out pairs say of them.

    Raises:
        LibraryError: there are too few pairs.
    """
    options = options or PreferenceOptions()
    train, held = split_pairs(takes)
    torch.manual_seed(options.seed)
    model = GridModel(start.config)
    model.load_state_dict({name: torch.from_numpy(tensor.copy()) for name, tensor in start.tensors.items()})
    model.eval()  # no dropout: reference and model must differ by their weights alone
    likely = _Likelihoods(model, takes)
    likely.begin([*train, *held])
    begun, order = time.perf_counter(), np.random.default_rng(options.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.learning_rate, weight_decay=0.0)
    plan = [pair for _ in range(options.passes) for pair in order.permutation(np.array(train)).tolist()]
    steps = 0
    for at in range(0, len(plan), options.pairs):
        group = plan[at : at + options.pairs]
        for better, worse in group:
            (-F.logsigmoid(BETA * likely.gain(better, worse)) / len(group)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        steps += 1
        spent = (time.perf_counter() - begun) / 60
        if progress:
            progress(min(1.0, max((at + len(group)) / len(plan), spent / options.minutes)))
        if spent > options.minutes:
            break
    with torch.no_grad():
        gains = np.array([float(likely.gain(*pair)) for pair in held])
    edits = sum(likely.told_apart(*pair) is not None for pair in (*train, *held))
    same = sum(alike(a, b) for a in takes for b in takes if a.grade > b.grade and a.session == b.session)
    report = PreferenceReport(len(train), len(held), float((gains > 0).mean()), float(gains.mean()), steps,
                              round(time.perf_counter() - begun, 1), edits, same)  # fmt: skip
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}, report
