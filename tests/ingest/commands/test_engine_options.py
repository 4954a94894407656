"""The options of the Ray engine, which are understood without Ray."""

import pytest

from ingest.cli import make_parser
from ingest.commands.engine_options import pool_from_args
from ingest.run.engines.ray_pool import RayPool


def options(*given):
    return make_parser().parse_args(["ingest", "folder", *given])


def test_files_are_read_and_encoded_here_unless_ray_is_asked_for():
    assert pool_from_args(options()) is None
    assert pool_from_args(make_parser().parse_args(["watch", "folder"])) is None
    assert pool_from_args(options("--engine", "ray")) == RayPool()


def test_the_pool_is_as_the_options_say():
    given = ["--ray-address", "auto", "--ray-workers", "4", "--ray-cpus", "2", "--ray-gpus", "0.5", "--device", "cuda"]
    assert pool_from_args(options("--engine", "ray", *given)) == RayPool("auto", 4, 2.0, 0.5, "cuda")


@pytest.mark.parametrize(
    "given", [("--ray-workers", "0"), ("--ray-cpus", "0"), ("--ray-gpus", "-1"), ("--ray-gpus", "x")]
)
def test_amounts_that_make_no_sense_are_refused(given, capsys):
    with pytest.raises(SystemExit):
        options("--engine", "ray", *given)
    assert given[0] in capsys.readouterr().err
