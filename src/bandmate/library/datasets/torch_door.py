"""The door to `torch_data`, which imports torch, with the sentence for where there is none."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from bandmate.errors import MissingExtra


def torch_data() -> ModuleType:
    """The module `torch_data`.

    Raises:
        MissingExtra: torch is not installed.
    """
    if find_spec("torch") is None:
        raise MissingExtra("learn", "reading a dataset into PyTorch")
    return import_module("bandmate.library.datasets.torch_data")
