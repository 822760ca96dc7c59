"""What the tests of training share."""

import sys

import pytest
from tests.training.bands import some_shard

from bandmate.training.shards import Shard


@pytest.fixture(scope="session")
def shard() -> Shard:
    """Six bands of eight bars."""
    return some_shard()


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny matrices are slower on many threads than on one."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
