"""How a model is tuned to a library: what is trained, at which rate. One table; `tuning` does what it says.

Every method ends in plain weights of the shipped shape, so every engine reads them as it reads the shipped ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.errors import BriefError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to tune.

    Attributes:
        name: what `--method` takes.
        learning_rate: peak of AdamW's rate; fewer parameters bear a higher one.
        trains: what is trained, in words.
    """

    name: str
    learning_rate: float
    trains: str


METHODS = {
    method.name: method
    for method in (
        Method("full", 2e-4, "every tensor"),
        Method("low-rank", 1e-3, "a product of two thin matrices beside every linear layer"),
        Method("prefix", 1e-2, "a vector for each kind of row of the header, which stands before all music"),
    )
}
# (least pieces to train on, method): the last line that a library reaches is what `auto` takes. By
# benchmarks/learn_methods.py (docs/LOG.md, sections 15 and 17): from 5 songs only the prefix learns anything; from 20
# to 50 low-rank is best or next to it on a mixture and on one kind of music, where full tuning sometimes learns nothing
# and the prefix too little; from 200 full tuning is far ahead. The borders lie between the sizes that were measured.
MEASURED_BEST = ((0, "prefix"), (10, "low-rank"), (100, "full"))


def method_of(name: str, pieces: int = 0) -> Method:
    """The method of a name; "auto" is the one that was measured best for so many pieces.

    Raises:
        BriefError: no such method.

    >>> method_of("auto", 40).name
    'low-rank'
    """
    if name == AUTO:
        return METHODS[[best for least, best in MEASURED_BEST if pieces >= least][-1]]
    if name not in METHODS:
        raise BriefError(f"method '{name}' is not known; choose one of {', '.join((AUTO, *METHODS))}")
    return METHODS[name]
