"""A cluster of two machines, played by two nodes of this one."""

import socket
import sys

import pytest
from tests.library.shards import bands, take_in

from bandmate.errors import MissingExtra, UserError
from bandmate.library import ray_pool
from bandmate.library.ray_pool import run_on_ray
from bandmate.library.shards import open_shards


@pytest.fixture
def cluster():
    """Two nodes of one processor each."""
    ray = pytest.importorskip("ray", reason="needs the extra [ray]")
    pytest.importorskip("pyarrow", reason="needs the extra [scale]")
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    running = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    running.second = running.add_node(**small)
    ray.init(address=running.address, log_to_driver=False)
    yield running
    ray.shutdown()
    running.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_machines_share_the_files_and_one_may_go(folder, make_band, tmp_path, cluster):
    music = folder(bands(make_band))
    machines = set()

    def counted(tasks, **options):
        nonlocal machines
        for done in run_on_ray(tasks, **options):
            before, machines = len(machines), machines | {done.answer["machine"]}
            if before == 1 and len(machines) == 2:
                cluster.remove_node(cluster.second)
            yield done

    report = take_in(music, tmp_path / "ray", executor=counted)
    assert (report.files, report.taken, report.left_out) == (22, 20, 2)
    assert len(machines) == 2
    take_in(music, tmp_path / "here")
    rows = [{row["path"]: row for row in open_shards(tmp_path / name).rows()} for name in ("ray", "here")]
    assert rows[0] == rows[1]


def test_without_the_extra_or_a_cluster_the_cure_is_named(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "ray", None)
        with pytest.raises(MissingExtra, match=r"bandmate\[ray\]"):
            list(run_on_ray(iter(()), limit_sec=1.0))
    pytest.importorskip("ray", reason="needs the extra [ray]")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(UserError, match="no Ray cluster answers; start one with: ray start --head"):
        list(run_on_ray(iter(()), limit_sec=1.0))


def test_an_address_that_never_answers_is_given_up(monkeypatch):
    pytest.importorskip("ray", reason="needs the extra [ray]")
    monkeypatch.setattr(ray_pool, "CONNECT_SECONDS", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(UserError, match=f"no Ray cluster answers at {address} "):
            list(run_on_ray(iter(()), limit_sec=1.0))
