"""The event file is what TensorBoard expects, byte by byte."""

import json
import struct

import pytest

from bandmate.training.eventlog import EventLog, masked_crc32c


def records(data):
    """TFRecords of a file, each checked against both of its checksums."""
    at = 0
    while at < len(data):
        head = data[at : at + 8]
        (size,) = struct.unpack("<Q", head)
        assert struct.unpack("<I", data[at + 8 : at + 12])[0] == masked_crc32c(head)
        body = data[at + 12 : at + 12 + size]
        assert struct.unpack("<I", data[at + 12 + size : at + 16 + size])[0] == masked_crc32c(body)
        yield body
        at += 16 + size


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def message(data):
    """Fields of a protobuf message as (number, value)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if wire == 2:
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        yield number, value


def scalars(body):
    event = dict(message(body))
    found = {}
    for number, value in message(event.get(5, b"")):
        assert number == 1
        entry = dict(message(value))
        found[entry[1].decode("utf-8")] = struct.unpack("<f", entry[2])[0]
    return event.get(2, 0), found


def test_the_checksum_is_that_of_the_standard():
    assert masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked_crc32c(bytes(32)) == ((0x8A9136AA >> 15 | 0x8A9136AA << 17) + 0xA282EAD8) & 0xFFFFFFFF  # RFC 3720


def test_events_say_what_was_logged(tmp_path):
    log = EventLog(tmp_path / "run")
    log.add(10, {"loss": 2.5, "valid/pitch": 0.75})
    log.add(300, {"loss": 1.5})
    bodies = list(records(log.events.read_bytes()))
    assert dict(message(bodies[0]))[3] == b"brain.Event:2"
    assert [scalars(body) for body in bodies[1:]] == [(10, {"loss": 2.5, "valid/pitch": 0.75}), (300, {"loss": 1.5})]
    assert all(struct.unpack("<d", dict(message(body))[1])[0] > 1.7e9 for body in bodies)


def test_lines_say_the_same_and_a_run_that_goes_on_appends(tmp_path):
    EventLog(tmp_path).add(1, {"loss": 3.0})
    EventLog(tmp_path).add(2, {"loss": 2.0})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["step"], line["loss"]) for line in lines] == [(1, 3.0), (2, 2.0)]
    assert len(list(records((tmp_path / "events.out.tfevents.bandmate").read_bytes()))) == 3


@pytest.mark.parametrize("step", [0, 127, 128, 2**31])
def test_every_step_number_comes_back(tmp_path, step):
    log = EventLog(tmp_path)
    log.add(step, {"x": -1.0})
    assert scalars(list(records(log.events.read_bytes()))[1]) == (step, {"x": -1.0})
