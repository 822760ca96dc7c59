"""The bridge to a running Live: questions to AbletonOSC, asked again until they are answered.

AbletonOSC hears at UDP port 11000, works once every 100 ms, and answers the sender's address at port 11001 whatever
port was sent from. UDP may lose, double and delay what is sent, so a question is sent again until its answer comes, an
order is never believed until a question proves it, and after a repetition the wire is left to calm down, lest a late
answer be taken for the next one. Source: github.com/ideoforms/AbletonOSC.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bandmate.errors import DawError, FileFormatError
from bandmate.io.osc import MOST_BYTES, Argument, OscMessage, osc_bytes, read_osc

HOST, PORT, ANSWER_PORT = "127.0.0.1", 11000, 11001
CURE = ("start Live with AbletonOSC chosen as a control surface (Settings, Link/Tempo/MIDI), close its open menus, "
        "and try again")  # fmt: skip
_REFUSALS = 2  # errors after which a question is not asked again


@dataclass(frozen=True, slots=True)
class Patience:
    """How long answers are waited for.

    Attributes:
        wait_sec: for one answer, before the question is sent again; tries: how often it is sent.
        settle_sec: of silence that is waited for after a repetition.
    """

    wait_sec: float = 0.5
    tries: int = 6
    settle_sec: float = 0.25


class Bridge:
    """Questions and orders to a running Live; use it in a `with` block, which holds the port of the answers.

    Attributes:
        resent: how many questions and orders had to be sent again; notices: what the user should know.
    """

    def __init__(
        self, host: str = HOST, port: int = PORT, answer_port: int = ANSWER_PORT, patience: Patience | None = None
    ) -> None:
        self.patience = patience or Patience()
        self.resent, self.notices = 0, list[str]()
        self._live, self._answer_port = (host, port), answer_port
        self._socket: socket.socket | None = None

    def __enter__(self) -> Bridge:
        """Take the port of the answers and see that Live is there.

        Raises:
            DawError: the port is taken, or nobody answers.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            # Only a Live on another machine is heard from outside of this one.
            self._socket.bind((HOST if self._live[0] in (HOST, "localhost") else "", self._answer_port))
        except OSError as error:
            self._socket.close()
            raise DawError(f"port {self._answer_port}, at which Live answers, cannot be used ({error.strerror}); end "
                           "the other program that speaks to AbletonOSC") from error  # fmt: skip
        try:
            self.ask("/live/test")
        except DawError:
            self._socket.close()
            raise DawError(f"no Live answers at {self._live[0]}, port {self._live[1]}; {CURE}") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the port."""
        if self._socket is not None:
            self._socket.close()

    def tell(self, address: str, *arguments: Argument) -> None:
        """Send an order; nothing says that it came."""
        assert self._socket is not None, "use the bridge in a with block"
        self._socket.sendto(osc_bytes(address, *arguments), self._live)

    def ask(self, address: str, *arguments: Argument, echo: int | None = None) -> tuple[Any, ...]:
        """Send a question until it is answered.

        Args:
            address: of AbletonOSC.
            arguments: of the question.
            echo: how many of them the answer begins with; None = all.

        Returns:
            What the answer says behind them.

        Raises:
            DawError: no answer came, or Live refused; the message says what Live said.
        """
        head = arguments[: len(arguments) if echo is None else echo]
        refusal, refused = "", 0
        for attempt in range(self.patience.tries):
            if attempt:
                self.resent += 1
            self.tell(address, *arguments)
            for message in self._until(time.monotonic() + self.patience.wait_sec):
                if message.address == address and _begins(message.arguments, head):
                    if attempt:
                        self.settle()
                    return message.arguments[len(head) :]
                if message.address == "/live/error":
                    refusal = str(message.arguments[0]) if message.arguments else "an error"
                    refused += 1
                    break
            if refused >= _REFUSALS:
                self.settle()
                raise DawError(f"Live refuses {address} {' '.join(map(str, head))}: {refusal[:160]}")
        raise DawError(f"Live stopped answering ({address} was sent {self.patience.tries} times); {CURE}")

    def ask_softly(self, address: str, *arguments: Argument) -> tuple[Any, ...]:
        """The same; an empty answer where Live refuses, as older ones do with what came later."""
        try:
            return self.ask(address, *arguments)
        except DawError as error:
            if "refuses" in str(error):
                return ()
            raise

    def settle(self) -> None:
        """Let answers that come late go by."""
        for _ in self._until(time.monotonic() + self.patience.settle_sec):
            pass

    def hear(self, go_on: Callable[[], bool]) -> Iterator[OscMessage]:
        """What Live says by itself, as long as `go_on` says so."""
        while go_on():
            yield from self._until(time.monotonic() + self.patience.wait_sec)

    def _until(self, end_sec: float) -> Iterator[OscMessage]:
        assert self._socket is not None, "use the bridge in a with block"
        while (left := end_sec - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data, _ = self._socket.recvfrom(MOST_BYTES)
                yield read_osc(data)
            except (TimeoutError, ConnectionError, FileFormatError):
                continue  # Windows tells here that nobody hears; a damaged packet counts as lost


def _begins(arguments: tuple[Any, ...], head: tuple[Argument, ...]) -> bool:
    return len(arguments) >= len(head) and all(
        mine == theirs for mine, theirs in zip(head, arguments[: len(head)], strict=True)
    )
