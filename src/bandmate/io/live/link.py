"""The link to Live: packets to AbletonOSC on this machine and back, and the time. No other machine is ever reached."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from typing import Protocol

from bandmate.errors import OutputError
from bandmate.io.osc import MOST_BYTES

HOST = "127.0.0.1"
LIVE_PORT, ANSWER_PORT = 11000, 11001  # fixed in AbletonOSC: it answers nowhere else


class Link(Protocol):
    """What carries packets; tests have one with a clock of its own.

    Attributes:
        answer_port: where answers are heard.
    """

    answer_port: int

    def send(self, data: bytes) -> None:
        """Send a packet to Live; that it arrives is not known."""
        ...

    def receive(self, wait_sec: float) -> bytes | None:
        """The next packet from Live, None if none came in that time."""
        ...

    def now(self) -> float:
        """Seconds of a clock that only goes forward."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


class UdpLink:
    """The real link, at two ports of this machine."""

    def __init__(self, port: int = LIVE_PORT, answer_port: int = ANSWER_PORT) -> None:
        """Take the port at which Live answers; 0 = any that is free.

        Raises:
            OutputError: another program has it.
        """
        self._live = (HOST, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((HOST, answer_port))
        except OSError as error:
            self._socket.close()
            taken = error.errno in (errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", -1))
            reason = "is taken by another program that talks to AbletonOSC" if taken else f"cannot be used ({error})"
            raise OutputError(f"port {answer_port}, where Live answers, {reason}; end that program first") from error
        self.answer_port = self._socket.getsockname()[1]

    def send(self, data: bytes) -> None:
        """Send a packet to Live."""
        with contextlib.suppress(ConnectionError):  # some systems tell here that nobody heard the packet before
            self._socket.sendto(data, self._live)

    def receive(self, wait_sec: float) -> bytes | None:
        """The next packet from Live, None if none came in that time."""
        end = self.now() + wait_sec
        while True:
            self._socket.settimeout(max(1e-3, end - self.now()))
            try:
                return self._socket.recvfrom(MOST_BYTES)[0]
            except TimeoutError:
                return None
            except ConnectionError:  # Windows tells here that nobody hears at Live's port
                if self.now() >= end:
                    return None

    def now(self) -> float:
        """Seconds of the system's steady clock."""
        return time.monotonic()

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()
