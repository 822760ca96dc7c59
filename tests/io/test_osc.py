"""OSC messages: bytes as the specification shows them, there and back, and a sentence for whatever else comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.errors import FileFormatError
from bandmate.io.osc import OscMessage, osc_bytes, read_osc

ARGUMENTS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.booleans(),
    st.none(),
)


def test_the_example_of_the_specification():
    data = osc_bytes("/oscillator/4/frequency", 440.0)
    assert data == b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0"


@given(st.lists(ARGUMENTS, max_size=6))
def test_what_is_sent_is_read(arguments):
    data = osc_bytes("/bandmate/generate", *arguments)
    assert len(data) % 4 == 0
    assert read_osc(data) == OscMessage("/bandmate/generate", tuple(arguments))


def test_an_address_alone_is_a_message():
    assert read_osc(b"/live/test\0\0") == OscMessage("/live/test")


@given(st.binary(max_size=64))
def test_noise_is_read_or_refused(noise):
    try:
        read_osc(b"/a\0\0," + noise)
    except FileFormatError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no OSC message"),
        (b"GET / HTTP/1.1\r\n", "no OSC message"),
        (b"#bundle\0" + b"\0" * 8, "a bundle of OSC messages"),
        (b"/bandmate/generate", "breaks off inside a text"),
        (b"/a\0\0abc\0", "does not say the types"),
        (b"/a\0\0,i\0\0\0\0", "breaks off"),
        (b"/a\0\0,b\0\0\0\0\0\0", "type 'b'"),
        (b"/a\0\0,s\0\0\xff\0\0\0", "not UTF-8"),
    ],
)  # fmt: skip
def test_bad_packets_are_one_sentence(data, words):
    with pytest.raises(FileFormatError, match=words):
        read_osc(data)
