"""Questions and orders to AbletonOSC over a link that may lose, double and delay packets.

An order is never answered, so whoever gives one asks afterwards whether it was carried out (`ensure`). A question is
asked again until it is answered. An error of AbletonOSC does not say which message it belongs to and may be late, so it
counts only when the question stays unanswered several times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bandmate.errors import FileFormatError, LiveError
from bandmate.io.live.link import Link
from bandmate.io.osc import Argument, OscMessage, osc_bytes, read_osc

Key = tuple[str, tuple[Argument, ...]]
ERROR = "/live/error"
HOW_TO = "see that Live still runs with AbletonOSC as a control surface, and close its menus and dialogs"


class LiveSilent(LiveError):  # noqa: N818  what Live is, not what we did wrong
    """Live does not answer."""


class LiveRefused(LiveError):  # noqa: N818
    """AbletonOSC answers with an error; `said` is what it said."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


class Question(NamedTuple):
    """An address and its arguments; the first `keys` of these stand before the values of an answer."""

    address: str
    arguments: tuple[Argument, ...] = ()
    keys: int = 0

    @property
    def key(self) -> Key:
        """By what its answer is known."""
        return self.address, self.arguments[: self.keys]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long Live is waited for. AbletonOSC looks at its packets once every 100 ms, but not while a menu is open.

    Attributes:
        answer_sec: for one answer, before it is asked for again.
        tries: how often a question is asked, and an order given, before it is given up.
        quick_tries: how many of them at that pace; a packet was hardly lost as often, so Live stands still, and each
            later wait is `slower` times as long as the one before.
        refusals: errors in a row that are believed.
        settle_sec: what may still be on its way has arrived by then.
        at_once: most questions in flight.
    """

    answer_sec: float = 0.6
    tries: int = 10
    quick_tries: int = 5
    slower: float = 1.5
    refusals: int = 3
    settle_sec: float = 0.3
    at_once: int = 24

    def wait_sec(self, attempt: int) -> float:
        """How long the answer to a question is waited for when it is asked for that time, from 0."""
        return self.answer_sec * self.slower ** max(0, attempt + 1 - self.quick_tries)


BRISK = Patience(slower=1.0)  # for the first question: it is not known yet whether there is a Live at all
STANDS_STILL = "Live does not answer for the moment, perhaps a menu or dialog is open; waiting"


class LiveClient:
    """Speaks with AbletonOSC; use it in a `with` block.

    Attributes:
        heard: gets every message that answers no question: what listeners send.
        waiting: gets a sentence when Live has stood still for a while, and is waited for.
        resent: how often something had to be asked or ordered again.
    """

    def __init__(self, link: Link, patience: Patience | None = None) -> None:
        self.link = link
        self.patience = patience or Patience()
        self.heard: Callable[[OscMessage], None] = lambda message: None
        self.waiting: Callable[[str], None] = lambda sentence: None
        self.resent = 0

    def __enter__(self) -> LiveClient:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the link."""
        self.link.close()

    def tell(self, address: str, *arguments: Argument) -> None:
        """Give an order; whether it arrives is not known."""
        self.link.send(osc_bytes(address, *arguments))

    def ask(self, address: str, *arguments: Argument, keys: int | None = None) -> tuple[Argument, ...]:
        """The values of the answer to one question.

        Args:
            address: of the question.
            arguments: of the question.
            keys: how many of them stand before the values of the answer; None = all.

        Raises:
            LiveSilent: no answer. LiveRefused: an error instead.
        """
        question = Question(address, arguments, len(arguments) if keys is None else keys)
        return self.ask_all([question])[question.key]

    def ask_all(self, questions: Sequence[Question]) -> dict[Key, tuple[Argument, ...]]:
        """The values of all answers by the key of their question.

        Raises:
            LiveSilent: one was not answered. LiveRefused: errors came instead.
        """
        found: dict[Key, tuple[Argument, ...]] = {}
        for first in range(0, len(questions), self.patience.at_once):
            found |= self._answers({q.key: q for q in questions[first : first + self.patience.at_once]})
        return found

    def _answers(self, open_: dict[Key, Question]) -> dict[Key, tuple[Argument, ...]]:
        found: dict[Key, tuple[Argument, ...]] = {}
        refusals: list[str] = []
        self.drain()
        for attempt in range(self.patience.tries):
            self.resent += len(open_) if attempt else 0
            if attempt == self.patience.quick_tries and self.patience.slower > 1:
                self.waiting(STANDS_STILL)
            for question in open_.values():
                self.tell(question.address, *question.arguments)
            said = self._collect(open_, found, self.patience.wait_sec(attempt))
            if not open_:
                return found
            refusals = [*refusals, said] if said else []
            if len(refusals) >= self.patience.refusals:
                break
        asked = next(iter(open_.values()))
        if refusals:
            raise LiveRefused(f"Live refused {asked.address} ({refusals[-1][:120]})", refusals[-1])
        raise LiveSilent(f"Live does not answer {asked.address}; {HOW_TO}")

    def _collect(self, open_: dict[Key, Question], found: dict[Key, tuple[Argument, ...]], wait_sec: float) -> str:
        """Take answers until all are there, the time is over, or the one that is open is refused; the last error."""
        end, said = self.link.now() + wait_sec, ""
        while open_ and (left := end - self.link.now()) > 0:
            message = self._next(left)
            if message is None:
                continue
            if message.address == ERROR:
                said = " ".join(str(part) for part in message.arguments) or "an error without words"
                if len(open_) == 1:
                    return said
                continue
            keys = sorted({question.keys for question in open_.values()})
            key = next(
                (key for n in keys if (key := (message.address, message.arguments[:n])) in open_), None
            )  # fmt: skip
            if key is None:
                self.heard(message)
            else:
                found[key] = message.arguments[open_.pop(key).keys :]
        return said

    def drain(self, wait_sec: float = 0.0) -> None:
        """Let go of what is still on its way: late answers to questions that were answered already."""
        end = self.link.now() + wait_sec
        while (left := end - self.link.now()) > 0 or wait_sec == 0.0:
            message = self._next(max(0.0, left))
            if message is None and (wait_sec == 0.0 or self.link.now() >= end):
                return
            if message is not None and message.address != ERROR:
                self.heard(message)

    def listen(self, wait_sec: float) -> OscMessage | None:
        """The next message of any kind, None if none came in that time."""
        return self._next(wait_sec)

    def _next(self, wait_sec: float) -> OscMessage | None:
        data = self.link.receive(wait_sec)
        if data is None:
            return None
        try:
            return read_osc(data)
        except FileFormatError:  # another program's packet, or half of one
            return None

    def ensure(
        self, order: tuple[Argument, ...], question: Question, is_done: Callable[[tuple[Argument, ...]], bool],
        *, first: bool = True,
    ) -> tuple[Argument, ...]:  # fmt: skip
        """Give an order until a question's answer says that it was carried out; gives the answer.

        Args:
            order: address and arguments.
            question: what is asked before and after.
            is_done: whether its answer says that the order was carried out.
            first: whether it is asked before the order is given for the first time.

        Raises:
            LiveSilent, LiveRefused: see `ask`. LiveError: it was never carried out.
        """
        for attempt in range(self.patience.tries):
            if attempt or first:
                values = self.ask(question.address, *question.arguments, keys=question.keys)
                if is_done(values):
                    return values
            if attempt:
                # an order that is merely late must not be given twice: look once more when it has had time
                self.drain(self.patience.settle_sec)
                values = self.ask(question.address, *question.arguments, keys=question.keys)
                if is_done(values):
                    return values
                self.resent += 1
            self.tell(str(order[0]), *order[1:])
        values = self.ask(question.address, *question.arguments, keys=question.keys)
        if is_done(values):
            return values
        raise LiveError(f"Live does not carry out {order[0]}; look whether a dialog is open in Live, then try again")
