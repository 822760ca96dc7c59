"""The service of the device, over real packets: a piece, more of it, variations, and a sentence for every bad wish."""

from __future__ import annotations

import math
import socket
import threading
from pathlib import Path

import pytest

from bandmate.errors import BriefError, OutputError
from bandmate.io.files import read
from bandmate.io.osc import OscMessage, osc_bytes, read_osc
from bandmate.workflows.device import HOST, DeviceService, Wish, wish_of, write_device

PATIENCE_SEC = 60


class Device:
    """Live's side: a port that hears answers."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.socket.settimeout(PATIENCE_SEC)
        self.port = self.socket.getsockname()[1]

    def send(self, port: int, address: str, *arguments) -> None:
        self.socket.sendto(osc_bytes(address, *arguments), (HOST, port))

    def answer(self) -> OscMessage:
        return read_osc(self.socket.recvfrom(65536)[0])

    def until(self, *kinds: str) -> tuple[OscMessage, list[OscMessage]]:
        """The first answer of one of these kinds, and what came before it."""
        before: list[OscMessage] = []
        while True:
            found = self.answer()
            if found.address.removeprefix("/bandmate/") in kinds:
                return found, before
            before.append(found)


@pytest.fixture
def device():
    made = Device()
    yield made
    made.socket.close()


@pytest.fixture
def service(device, tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    over, said = threading.Event(), []
    options = {"engine": "rules", "seed": 1}
    with DeviceService(tmp_path / "made", 0, device.port, options, said.append) as service:
        hearing = threading.Thread(target=service.serve, args=(lambda: not over.is_set(),))
        hearing.start()
        yield service
        over.set()
        hearing.join()


def test_words_become_a_piece_that_is_gone_on_from_and_varied(device, service, tmp_path):
    device.send(service.port, "/bandmate/hello")
    assert device.answer() == OscMessage("/bandmate/status", ("ready: write what you want to hear",))

    device.send(service.port, "/bandmate/generate", "house with drums and bass", 2, 2, 118.0)
    done, before = device.until("done", "failed")
    assert done.address == "/bandmate/done", done
    path, folder = done.arguments
    score = read(str(path))
    assert len([track for track in score.tracks if len(track.notes)]) == 2 and round(score.bpm) == 118
    assert Path(str(path)).parent.as_uri() == folder and Path(str(path)).is_relative_to((tmp_path / "made").resolve())
    shares = [m.arguments[0] for m in before if m.address == "/bandmate/progress"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    last, _ = device.until("status")
    assert str(last.arguments[0]).startswith("done: ")

    device.send(service.port, "/bandmate/continue", "", 2, 0, 0.0)
    more = read(str(device.until("done", "failed")[0].arguments[0]))
    bar = 4 * more.ticks_per_quarter
    assert max(int(track.notes["onset_ticks"].max()) for track in more.tracks if len(track.notes)) >= 2 * bar

    device.send(service.port, "/bandmate/variations", "busier", 2, 0, 0.0)
    done, _ = device.until("done", "failed")
    assert done.address == "/bandmate/done", done
    said, _ = device.until("status")
    assert "and 2 more beside it" in str(said.arguments[0])


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"hello?", "no OSC message"),
        (osc_bytes("/live/song/get/tempo"), "/live/song/get/tempo is not known here"),
        (osc_bytes("/bandmate/generate", "", 4, 0, 0.0), "write into the box"),
        (osc_bytes("/bandmate/generate", "house", 0, 0, 0.0), "bars 0 is out of range"),
        (osc_bytes("/bandmate/generate", "house", "many", 0, 0.0), "bars 'many' is no number"),
        (osc_bytes("/bandmate/continue", "", 4, 0, 0.0), "no piece yet to go on from"),
        (osc_bytes("/bandmate/variations", "", 4, 0, 0.0), "no piece yet to vary"),
    ],
)
def test_bad_wishes_are_answered_and_the_service_goes_on(device, service, packet, words):
    device.socket.sendto(packet, (HOST, service.port))
    failed, _ = device.until("failed")
    assert words in str(failed.arguments[0])
    device.send(service.port, "/bandmate/hello")
    assert device.until("status")[0].arguments == ("ready: write what you want to hear",)
    assert not service.out.exists()


def test_one_piece_at_a_time(device, service, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(DeviceService, "_made", lambda self, wish: [go_on.wait(PATIENCE_SEC) and Path("x.mid")])
    device.send(service.port, "/bandmate/generate", "house", 2)
    device.send(service.port, "/bandmate/generate", "techno", 2)
    assert [device.answer().arguments[0] for _ in range(2)] == [
        "writing ...", "still writing; press again when it is done"
    ]  # fmt: skip
    go_on.set()
    assert device.until("done")[0].address == "/bandmate/done"


def test_our_own_mistake_is_said_too(device, service, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("nothing")

    monkeypatch.setattr(DeviceService, "_made", broken)
    device.send(service.port, "/bandmate/generate", "house", 2)
    assert "our mistake (ZeroDivisionError: nothing)" in str(device.until("failed")[0].arguments[0])


@pytest.mark.parametrize(
    ("arguments", "wish"),
    [
        (("house", 4, 3, 120.0), Wish("generate", "house", 4, 3, 120.0)),
        (("house",), Wish("generate", "house")),
        (("", 4, 0, 0.0, 1), Wish("generate", "", 4, brace=True)),
        ((303, 4), Wish("generate", "303", 4)),  # Max sends words that are a number as one
        (("  house ", 4.0), Wish("generate", "house", 4)),
    ],
)
def test_wishes(arguments, wish):
    assert wish_of(OscMessage("/bandmate/generate", arguments)) == wish


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a", 1, 1, 120.0, 1, 1),
        ("a", 1, 1, 120.0, "yes"),
        ("a", 1, 99),
        ("a", 1, 1, 5.0),
        ("a", math.nan),
        ("a", math.inf),
        ("a", None),
    ],
)
def test_wishes_out_of_range(arguments):
    with pytest.raises(BriefError):
        wish_of(OscMessage("/bandmate/generate", arguments))


def test_a_port_that_is_taken_is_said(service):
    with (
        pytest.raises(OutputError, match=f"port {service.port} is taken"),
        DeviceService(service.out, service.port),
    ):
        pass


def test_the_device_is_written_whole(tmp_path):
    path = write_device(tmp_path / "here")
    assert path.name == "Bandmate.amxd" and path.read_bytes().startswith(b"ampf")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        write_device(tmp_path / "file" / "x")
