"""Figures of how the code is built: `python -m tests.structure [FOLDER] [--json]`, for this checkout or another."""

import argparse
import ast
import json
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

PRODUCT = ("ingest", "search_app")
TESTS = ("tests",)
_MANY_LINES = 400
_MANY_MODULES = 15
_LONG_FUNCTION = 50
_SKIP = re.compile(r"#\s*fmt:\s*skip\b(.*)")

Graph = dict[str, set[str]]


@dataclass(frozen=True)
class Figures:
    """What is counted; modules by their dotted names, files by their paths below the checkout."""

    modules: int
    lines: int
    test_modules: int
    test_lines: int
    circles: list[list[str]]  # modules that import each other, however late
    repeated_names: dict[str, list[str]]  # base names of product modules that occur more than once
    deepest_chain: list[str]  # one module of each level; modules of one circle are one level, joined by " + "
    long_modules: dict[str, int]
    full_folders: dict[str, int]
    unreasoned_skips: list[str]  # `# fmt: skip` with nothing written after it
    any_lines: int
    long_functions: dict[str, int]


def measure(folder: Path) -> Figures:
    """The figures of the checkout in `folder`."""
    modules = product_modules(folder)
    product, tests = [*modules.values()], _files(folder, TESTS)
    graph = import_graph(modules)
    sizes = {file: _line_count(file) for file in (*product, *tests)}

    def short(file: Path) -> str:
        return file.relative_to(folder).as_posix()

    return Figures(
        modules=len(product),
        lines=sum(sizes[file] for file in product),
        test_modules=len(tests),
        test_lines=sum(sizes[file] for file in tests),
        circles=sorted((sorted(group) for group in components(graph) if len(group) > 1), key=len, reverse=True),
        repeated_names=_repeated_names([short(file) for file in product]),
        deepest_chain=deepest_chain(graph),
        long_modules=_largest({short(file): sizes[file] for file in product if sizes[file] > _MANY_LINES}),
        full_folders=_largest(
            {
                name: count
                for name, count in Counter(short(file.parent) for file in product if file.stem != "__init__").items()
                if count > _MANY_MODULES
            }
        ),
        unreasoned_skips=[f"{short(file)}:{line}" for file in (*product, *tests) for line in _unreasoned_skips(file)],
        any_lines=sum(_any_lines(file) for file in product),
        long_functions=_largest({f"{short(file)}:{name}": n for file in product for name, n in _long_functions(file)}),
    )


def product_modules(folder: Path) -> dict[str, Path]:
    """The modules of the product's packages in a checkout, by their dotted names."""
    return {_module_name(folder, file): file for file in _files(folder, PRODUCT)}


def import_graph(modules: Mapping[str, Path]) -> Graph:
    """Which modules each module imports, at its top, in a function or for its types alone."""
    graph: Graph = {name: set() for name in modules}
    for name, file in modules.items():
        package = name if file.stem == "__init__" else name.rpartition(".")[0]
        for wanted in _imports(_tree(file), package):
            found = _nearest(wanted, modules)
            if found is not None and found != name:
                graph[name].add(found)
    return graph


def components(graph: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """The strongly connected components, each after those that it imports (Tarjan 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[set[str]] = []

    def visit(start: str) -> None:
        work = [(start, iter(sorted(graph[start])))]
        enter(start)
        while work:
            node, others = work[-1]
            for other in others:
                if other not in order:
                    enter(other)
                    work.append((other, iter(sorted(graph[other]))))
                    break
                if other in path:
                    lowest[node] = min(lowest[node], order[other])
            else:
                work.pop()
                leave(node, work[-1][0] if work else None)

    def enter(node: str) -> None:
        order[node] = lowest[node] = len(order)
        path.append(node)

    def leave(node: str, importer: str | None) -> None:
        if importer is not None:
            lowest[importer] = min(lowest[importer], lowest[node])
        if lowest[node] == order[node]:
            place = path.index(node)
            found.append(set(path[place:]))
            del path[place:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def deepest_chain(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The longest chain of imports, from the module that stands on top to the one that imports nothing."""
    groups = components(graph)
    home = {node: number for number, group in enumerate(groups) for node in group}
    depths: list[int] = []
    below: list[int | None] = []  # the next in the longest chain from each group
    for number, group in enumerate(groups):
        others = {home[other] for node in group for other in graph[node]} - {number}
        next_one = max(sorted(others), key=depths.__getitem__, default=None)
        depths.append(1 if next_one is None else depths[next_one] + 1)
        below.append(next_one)
    chain = []
    place = max(range(len(groups)), key=depths.__getitem__, default=None)
    while place is not None:
        chain.append(" + ".join(sorted(groups[place])))
        place = below[place]
    return chain


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """The dotted names that a module in `package` imports; of what is imported from a module, its own name too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _nearest(wanted: str, modules: Mapping[str, Path]) -> str | None:
    """The module that a dotted name is, or lies in."""
    while wanted and wanted not in modules:
        wanted = wanted.rpartition(".")[0]
    return wanted or None


def _files(folder: Path, packages: Sequence[str]) -> list[Path]:
    found = (file for package in packages for file in (folder / package).rglob("*.py"))
    return sorted(file for file in found if "node_modules" not in file.parts)


def _module_name(folder: Path, file: Path) -> str:
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _line_count(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _repeated_names(files: Iterable[str]) -> dict[str, list[str]]:
    named: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        named[Path(file).stem].append(file)
    return {name: paths for name, paths in sorted(named.items()) if len(paths) > 1 and not name.startswith("__")}


def _largest(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _unreasoned_skips(file: Path) -> Iterator[int]:
    with tokenize.open(file) as lines:
        for token in tokenize.generate_tokens(lines.readline):
            skip = _SKIP.search(token.string) if token.type == tokenize.COMMENT else None
            # A reason is a word: a further directive for a linter is none.
            if skip and not re.search(r"[A-Za-z]{2}", re.sub(r"#\s*(noqa|type:)\S*.*", "", skip[1])):
                yield token.start[0]


def _any_lines(file: Path) -> int:
    """The lines of a module's code that name `Any`, its import too."""
    found: set[int] = set()
    with tokenize.open(file) as lines:
        for token in tokenize.generate_tokens(lines.readline):
            named = token.type == tokenize.NAME and token.string == "Any"
            quoted = token.type == tokenize.STRING and re.search(r"\bAny\]", token.string)  # an annotation
            if named or quoted:
                found.add(token.start[0])
    return len(found)


def _long_functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > _LONG_FUNCTION:
                yield node.name, length


def _told(figures: Figures) -> Iterator[str]:
    yield f"{figures.modules} modules of the product, {figures.lines} lines"
    yield f"{figures.test_modules} modules of tests, {figures.test_lines} lines"
    yield from _listed("import circles", (", ".join(circle) for circle in figures.circles))
    repeated = (f"{name}: {', '.join(paths)}" for name, paths in figures.repeated_names.items())
    yield from _listed("base names that repeat", repeated)
    yield from _listed("levels in the deepest import chain", figures.deepest_chain)
    yield from _listed(f"modules over {_MANY_LINES} lines", _counted(figures.long_modules))
    yield from _listed(f"folders with more than {_MANY_MODULES} modules", _counted(figures.full_folders))
    yield from _listed("`# fmt: skip` without a reason", figures.unreasoned_skips)
    yield f"{figures.any_lines} lines with Any"
    yield from _listed(f"functions over {_LONG_FUNCTION} lines", _counted(figures.long_functions))


def _listed(what: str, entries: Iterable[str]) -> Iterator[str]:
    listed = list(entries)
    yield f"{len(listed)} {what}"
    yield from (f"    {entry}" for entry in listed)


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    return (f"{count:5} {name}" for name, count in counts.items())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.structure", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[1], metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = measure(options.folder.resolve())
    print(json.dumps(asdict(figures), indent=2) if options.json else "\n".join(_told(figures)))


if __name__ == "__main__":
    main()
