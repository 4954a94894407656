"""The figures of the code's structure are right for a made-up tree, and no module of the product is in a circle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure import PRODUCT, Figures, components, deepest_chain, import_graph, measure, product_modules

_REPOSITORY = Path(__file__).resolve().parents[1]
_TREE = {
    "ingest/__init__.py": "",
    "ingest/top.py": "from ingest import low\nfrom ingest.circle.one import a\n",
    "ingest/low.py": "from typing import Any\n\nvalue: Any = None\nother: 'dict[str, Any]' = {}  # not Any\n",
    "ingest/circle/__init__.py": "",
    "ingest/circle/one.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .two import b\na = 1\n",
    "ingest/circle/two.py": "def b():\n    from . import one, low\n    return one\n",
    "ingest/circle/low.py": "from ..low import value\n",
    "search_app/page.py": "import ingest.top\nx = 1  # fmt: skip\ny = 2  # fmt: skip  a table\nz = '# fmt: skip'\n",
    "search_app/long.py": "def short():\n    pass\n\n\ndef long():\n" + "    pass\n" * 50 + "\n" * 400,
    "search_app/static/node_modules/other.py": "import this\n",
    "tests/test_a.py": "import ingest.top\n",
    **{f"search_app/full/part_{number}.py": "" for number in range(16)},
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder = tmp_path_factory.mktemp("tree")
    for name, code in _TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)
    return measure(folder)


def test_modules_and_lines_are_those_of_the_packages_alone(figures: Figures) -> None:
    assert (figures.modules, figures.test_modules, figures.test_lines) == (25, 1, 1)
    assert figures.lines == sum(code.count("\n") for name, code in _TREE.items() if name.count("test") == 0) - 1


def test_a_circle_is_found_though_one_import_is_late_and_one_for_types(figures: Figures) -> None:
    assert figures.circles == [["ingest.circle.one", "ingest.circle.two"]]


def test_the_deepest_chain_takes_a_circle_as_one_level(figures: Figures) -> None:
    assert figures.deepest_chain == [
        "search_app.page",
        "ingest.top",
        "ingest.circle.one + ingest.circle.two",
        "ingest.circle.low",
        "ingest.low",
    ]


def test_names_that_repeat_are_told_with_their_paths(figures: Figures) -> None:
    assert figures.repeated_names == {"low": ["ingest/circle/low.py", "ingest/low.py"]}


def test_what_is_too_long_or_too_full_is_told(figures: Figures) -> None:
    assert figures.long_modules == {"search_app/long.py": 455}
    assert figures.long_functions == {"search_app/long.py:long": 51}
    assert figures.full_folders == {"search_app/full": 16}


def test_skips_without_a_reason_and_lines_with_any_are_counted(figures: Figures) -> None:
    assert figures.unreasoned_skips == ["search_app/page.py:2"]
    assert figures.any_lines == 3


def test_long_chains_and_large_circles_are_no_trouble() -> None:
    chain = {str(number): {str(number + 1)} for number in range(5_000)} | {"5000": set[str]()}
    assert len(components(chain)) == len(deepest_chain(chain)) == 5_001
    circle = {**chain, "5000": {"0"}}
    assert [len(group) for group in components(circle)] == [5_001]


def test_it_runs_as_a_command_for_another_checkout_too(tmp_path: Path) -> None:
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest" / "a.py").write_text("import ingest.b\n")
    (tmp_path / "ingest" / "b.py").write_text("")
    command = [sys.executable, "-m", "tests.structure", str(tmp_path)]
    plain = subprocess.run(command, check=True, capture_output=True, text=True, cwd=_REPOSITORY)
    assert plain.stdout.startswith("2 modules of the product, 1 lines\n")
    as_json = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True, cwd=_REPOSITORY)
    assert json.loads(as_json.stdout)["deepest_chain"] == ["ingest.a", "ingest.b"]


def test_no_module_of_the_product_imports_one_that_imports_it() -> None:
    graph = import_graph(product_modules(_REPOSITORY))
    assert len(graph) > 100
    assert {name.split(".")[0] for name in graph} == set(PRODUCT)
    assert [sorted(group) for group in components(graph) if len(group) > 1] == []
