"""`nearspace check`: check whether a space is sound, and print its problems."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.console.progress import count_progress
from ingest.exit_status import ALL_WELL, SOME_FAILED
from ingest.formatting import printable
from ingest.readers.draft import MODALITIES
from ingest.settings import home_folder, space_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.readers.draft import Modality
    from ingest.space.maintenance.findings import Findings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace check`."""
    parser.description = (
        "Checks a space and changes nothing: manifest, ledger, every vector, thumbnails, and the ledger against Chroma."
    )
    parser.epilog = "exit status: 0 the space is sound, 1 it has problems, 2 it cannot be checked"
    parser.add_argument("--full", action="store_true", help="compare every item with Chroma, not a sample")
    add_space_options(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Check the space and print what was found; returns the exit status."""
    from ingest.space.maintenance.check import check

    home, name = home_folder(options.home), space_name(options.space)
    with count_progress("checking") as progress:
        findings = check(home, name, full=options.full, log=show_message, progress=progress)
    if options.json:
        result_console.print_json(json.dumps(as_json(findings)))
    else:
        _show(findings, name)
    return ALL_WELL if findings.sound else SOME_FAILED


def as_json(findings: "Findings") -> dict[str, Any]:
    """The findings, in values that JSON has."""
    return {
        "space": findings.space,
        "folder": findings.folder,
        "sound": findings.sound,
        "full": findings.full,
        "items": findings.items,
        "indexed": findings.indexed,
        "waiting": findings.pending,
        "vectors": findings.vectors,
        "compared": findings.compared,
        "thumbnails": findings.thumbnails,
        "problems": [asdict(problem) for problem in findings.problems],
    }


def _show(findings: "Findings", name: str) -> None:
    table = Table.grid(padding=(0, 2))
    rows = {
        "space": f"{name}  ({findings.folder})",
        "ledger": _counts(findings.items),
        "Chroma": _counts(findings.indexed),
        "vectors": f"{findings.vectors:,} checked, {findings.compared:,} compared with Chroma's"
        + ("" if findings.full else " (--full compares them all)"),
        "thumbnails": f"{findings.thumbnails:,} checked",
    }
    if findings.pending:
        rows["waiting"] = f"{findings.pending:,} items that Chroma learns or forgets when the space is next opened"
    for label, value in rows.items():
        table.add_row(Text(label, style="dim"), Text(value))
    result_console.print(table)
    show_problems(findings)
    if findings.sound:
        result_console.print(Text("the space is sound", style="green"))
    else:
        result_console.print(Text(f"repair it with: nearspace repair --space {name}"), soft_wrap=True)


def show_problems(findings: "Findings") -> None:
    """Print each problem on a line, with some of the items or files that it is about."""
    for problem in findings.problems:
        count = f"{problem.count:,} " if problem.examples else ""
        examples = ", ".join(printable(example) for example in problem.examples)
        more = ", ..." if problem.count > len(problem.examples) else ""
        line = f"{count}{problem.message}" + (f": {examples}{more}" if examples else "")
        result_console.print(Text.assemble((problem.part, "red"), f": {line}"), soft_wrap=True)


def _counts(items: "Mapping[Modality, int]") -> str:
    nouns = {"image": "images", "text": "passages"}
    return ", ".join(f"{items[kind]:,} {nouns[kind]}" for kind in MODALITIES if kind in items) or "cannot be asked"
