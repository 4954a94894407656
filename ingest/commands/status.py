"""`nearspace status`: print what is in a space."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.formatting import format_count, printable
from ingest.settings import home_folder, space_name

_SHOWN = 10  # folders and formats that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace status`."""
    parser.description = (
        "Prints what is in a space: its encoder, items, sources, folders and formats, and its last run."
    )
    add_space_options(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what is in the space; returns the exit status."""
    from ingest.space import list_spaces, open_space
    from ingest.space.status import describe_reencoding, describe_run, format_moment, space_status

    home, name = home_folder(options.home), space_name(options.space)
    with open_space(home, name, log=show_message) as space:
        facts = space_status(space)
    facts["spaces"] = list_spaces(home)
    if options.json:
        result_console.print_json(json.dumps(facts))
        return 0
    table = Table.grid(padding=(0, 2))
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in facts["sources"].items())
    gap = facts["modality_gap"]
    last = facts["last_run"]
    near = facts["near_duplicates"]
    rows = {
        "space": f"{name}  ({space.folder})",
        "encoder": f"{facts['encoder']['id']}, {facts['encoder']['dimension']} dimensions, "
        f"fingerprint {facts['encoder']['fingerprint'][:12]}",
        "items": f"{format_count(facts['items']['image'], 'image')}, {format_count(facts['items']['text'], 'passage')}",
        "sources": outcomes or "none yet",
        "duplicates": f"{format_count(facts['copies'], 'source')} with the content of another, sharing its items",
        "folders": _spread(facts["folders"]),
        "near-duplicates": f"{format_count(near['items'], 'item')} nearly the same as one of {near['groups']:,} others"
        + (f"; {near['not_compared']:,} are compared by the next ingest" if near["not_compared"] else ""),
        "formats": _spread({suffix or "no suffix": counts for suffix, counts in facts["formats"].items()}),
        "years": _years(facts["years"]),
        "size on disk": decimal(facts["bytes"]),
        "last run": describe_run(last) if last else "none yet",
        "modality gap": "-" if gap is None else f"{gap:.3f} between the mean image and the mean passage",
        "index": ("up to date" if not facts["not_indexed"] else f"{facts['not_indexed']:,} items still to be indexed")
        + (f", on {facts['chroma']}" if facts["chroma"] else ""),
        "made": format_moment(facts["created"]),
        "other spaces": ", ".join(other for other in facts["spaces"] if other != name) or "none",
    }
    if facts["kept_out"]:
        rows["kept out"] = f"{len(facts['kept_out']):,} files or folders that were removed by hand; --json names them"
    if facts["reencoding"]:
        rows["re-encoding"] = describe_reencoding(facts["reencoding"], facts["items"])
    for label, value in rows.items():
        table.add_row(Text(label, style="dim"), Text(value))
    result_console.print(table)
    return 0


def _spread(counts: dict[str, dict[str, int]]) -> str:
    """The largest of `counts`, a line each, in words."""
    largest = sorted(counts.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    lines = [f"{printable(name)}: {_items(each)}" for name, each in largest[:_SHOWN]]
    if more := len(largest) - _SHOWN:
        lines += [f"and {more:,} more; --json names them all"] if more > 0 else []
    return "\n".join(lines) or "none yet"


def _years(counts: dict[str, dict[str, int]]) -> str:
    """The newest years, a line each, in words."""
    newest = sorted(counts.items(), reverse=True)
    lines = [f"{year}: {_items(each)}" for year, each in newest[:_SHOWN]]
    if len(newest) > _SHOWN:
        older = sum((Counter(each) for _, each in newest[_SHOWN:]), Counter[str]())
        lines.append(f"before: {_items(older)}; --json names every year")
    return "\n".join(lines) or "none yet"


def _items(counts: Mapping[str, int]) -> str:
    images, passages = counts.get("image", 0), counts.get("text", 0)
    parts = [format_count(images, "image")] if images else []
    return ", ".join(parts + ([format_count(passages, "passage")] if passages else []))
