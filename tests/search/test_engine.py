"""Where things are trained."""

import pytest

from deap_nn.search import Settings
from deap_nn.search.engine import is_local


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        ({}, True),
        ({"engine": "processes"}, True),
        ({"engine": "scoop"}, True),
        ({"engine": "dask"}, True),
        ({"engine": "dask", "dask_scheduler": "tcp://host:8786"}, False),
        ({"engine": "serial"}, False),
    ],
)
def test_the_winner_is_trained_on_this_host_unless_all_else_is_elsewhere(settings, local):
    assert is_local(Settings(**settings)) is local
