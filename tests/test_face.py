"""The face of the package: lazy, complete, and what it promises."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bandmate
from bandmate import registry
from bandmate.errors import UserError


@pytest.mark.parametrize("name", bandmate.__all__)
def test_every_name_of_the_face_is_there(name: str) -> None:
    assert getattr(bandmate, name) is not None
    assert name in dir(bandmate)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'compsoe'"):
        _ = bandmate.compsoe


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, bandmate; print(sorted(n for n in sys.modules if n in ('numpy', 'scipy', 'onnxruntime', 'PIL')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", registry.names())
def test_every_registered_name_leads_somewhere(name: str) -> None:
    assert registry.get(name) is not None


def test_an_unknown_registered_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"tokenizer\.grid\.v1"):
        registry.get("tokenizer.nope")
