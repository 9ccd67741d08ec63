"""Clusters that are not fit are refused in one line."""

import pytest

from hsmc.errors import InputError
from hsmc.sweep.cluster import ONE_THREAD, check_workers, connected


class Cluster:
    """What a client says of its workers."""

    def __init__(self, threads, version):
        self.threads, self.version = threads, version

    def nthreads(self):
        return {"tcp://a:1": self.threads}

    def run(self, _function, on_error):
        assert on_error == "return"
        return {"tcp://a:1": self.version}


@pytest.mark.parametrize(
    ("threads", "version", "words"),
    [
        (4, "", "worker tcp://a:1 has 4 threads, needs 1; start it with dask worker --nthreads 1"),
        (1, "0.0.1", "worker tcp://a:1 has hsmc 0.0.1, needs hsmc"),
        (1, ModuleNotFoundError("hsmc"), "worker tcp://a:1 has no hsmc, needs hsmc"),
    ],
)
def test_unfit_workers(threads, version, words):
    with pytest.raises(InputError, match=words):
        check_workers(Cluster(threads, version))


def test_scheduler_that_is_not_there(in_tmp, monkeypatch):
    del in_tmp
    monkeypatch.setattr("hsmc.sweep.cluster.CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(InputError, match=r"scheduler file none\.json does not exist"),
        connected(None, "none.json"),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        connected(None, "tcp://127.0.0.1:9"),
    ):
        pass


def test_one_thread():
    assert ONE_THREAD["OPENBLAS_NUM_THREADS"] == ONE_THREAD["NUMBA_NUM_THREADS"] == "1"
