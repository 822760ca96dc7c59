"""The device's scripts, run by node on a stand-in of Live's API, and the wire between them and the service."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from bandmate.io.max_device import SCRIPTS
from bandmate.io.osc import OscMessage, osc_bytes, read_osc
from bandmate.workflows.device import HOST, DeviceService
from bandmate.workflows.device_clips import DeviceClip, packets

SCRIPTS_HERE = [Path(str(files("bandmate.data").joinpath("device", script))) for script in SCRIPTS]
OF_SCRIPTS = {"/bandmate/clip": 0, "/bandmate/hear": 1}  # address -> which script it is routed to
FAKE = Path(__file__).with_name("live_api.js")
NODE = shutil.which("node")
with_node = pytest.mark.skipif(NODE is None, reason="node runs the device's scripts; install Node.js")
PATIENCE_SEC = 60
MINE = {"name": "mine", "length": 4, "notes": []}


class Live:
    """Live with the device on one of its tracks: messages of the wire go in, what the script sends comes out."""

    def __init__(self, **song) -> None:
        song = {"device": 0, "highlighted": [0, 0], **song}
        assert NODE is not None
        self.process = subprocess.Popen(
            [NODE, str(FAKE), json.dumps(song), *map(str, SCRIPTS_HERE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def ask(self, **what):
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def hear(self, packet: bytes) -> list[list]:
        """What a packet of the service brings about; the first value is the function, as `route` leaves it."""
        address, (name, *values) = read_osc(packet)
        return [sent for _, sent in self.ask(call=name, args=values, script=OF_SCRIPTS[address])]

    def put(self, clip: DeviceClip, number: int = 7) -> list[list]:
        return [sent for packet in packets(number, clip) for sent in self.hear(packet)]

    @property
    def song(self):
        return self.ask(song=True)

    def close(self) -> None:
        self.process.communicate()


@contextlib.contextmanager
def lives() -> Iterator[Callable[..., Live]]:
    """A way to start Lives, which end with the block."""
    opened: list[Live] = []

    def start(**song) -> Live:
        opened.append(Live(**song))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


class Rig:
    """A service, and Live with a device on the other side of the wire, which loses a share of the clips' packets."""

    def __init__(self, live: Live, out: Path) -> None:
        self.live, self.lost = live, 0.0
        self._over, self._rng = threading.Event(), np.random.default_rng(1)
        self._heard: queue.Queue[OscMessage] = queue.Queue()
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.bind((HOST, 0))
        self._wire.settimeout(0.2)
        port = self._wire.getsockname()[1]
        self.service = DeviceService(out, 0, port, {"engine": "rules", "seed": 1}, lambda _: None)

    def __enter__(self) -> Rig:
        self.service.__enter__()
        self._send(*self.live.ask(call="bang", args=[])[0][1])
        self._threads = [
            threading.Thread(target=self.service.serve, args=(lambda: not self._over.is_set(),)),
            threading.Thread(target=self._device),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.service.__exit__()
        self._wire.close()

    def _device(self) -> None:
        while not self._over.is_set():
            try:
                packet = self._wire.recvfrom(65536)[0]
            except TimeoutError:
                continue
            message = read_osc(packet)
            if message.address not in OF_SCRIPTS:
                self._heard.put(message)
            elif self._rng.random() >= self.lost:
                self._pass_on(self.live.hear(packet))

    def _pass_on(self, sent: list[list]) -> None:
        """Send as two boxes `udpsend` do: that of the readings goes to the port that it was told last."""
        port = self.service.port
        for address, *values in sent:
            if address == "port":
                port = values[0]
            else:
                self._wire.sendto(osc_bytes(address, *values), (HOST, port))

    def _send(self, address: str, *values) -> None:
        self._wire.sendto(osc_bytes(address, *values), (HOST, self.service.port))

    def press(self, button: str, words: str = "", brace: int = 0) -> str:
        """Press, and give the last status."""
        self._send(f"/bandmate/{button}", words, 2, 0, 120.0, brace)
        while not str((message := self._heard.get(timeout=PATIENCE_SEC)).arguments[0]).startswith("done: "):
            assert message.address != "/bandmate/failed", message
        return str(message.arguments[0])

    @property
    def made(self) -> list[dict]:
        """The clips of the track that are not the user's."""
        return [clip for clip in self.live.song[0] if clip and clip != MINE]
