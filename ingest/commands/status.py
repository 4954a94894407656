"""`nearspace status`: say what is in a space."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from ingest.console.output import counted, printable, result_console, say
from ingest.settings import home_folder, space_name
from ingest.space import Space, list_spaces, open_space
from ingest.space.ledger import overview
from ingest.space.ledger.exclusions import kept_out
from ingest.space.staging import is_begun, staged_count

_SHOWN = 10  # folders and formats that are named


def run(options: argparse.Namespace) -> int:
    """Print what is in the space; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    with open_space(home, name, say=say) as space:
        facts = describe(space)
    facts["spaces"] = list_spaces(home)
    if options.json:
        result_console.print_json(json.dumps(facts))
        return 0
    table = Table.grid(padding=(0, 2))
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in facts["sources"].items())
    gap = facts["modality_gap"]
    last = facts["last_run"]
    twins = facts["near_duplicates"]
    rows = {
        "space": f"{name}  ({space.folder})",
        "encoder": f"{facts['encoder']['id']}, {facts['encoder']['dimension']} dimensions, "
        f"fingerprint {facts['encoder']['fingerprint'][:12]}",
        "items": f"{counted(facts['items']['image'], 'image')}, {counted(facts['items']['text'], 'passage')}",
        "sources": outcomes or "none yet",
        "duplicates": f"{counted(facts['copies'], 'source')} with the content of another, sharing its items",
        "folders": _spread(facts["folders"]),
        "near-duplicates": f"{counted(twins['items'], 'item')} nearly the same as one of {twins['groups']:,} others"
        + (f"; {twins['not_compared']:,} are compared by the next ingest" if twins["not_compared"] else ""),
        "formats": _spread({suffix or "no suffix": counts for suffix, counts in facts["formats"].items()}),
        "years": _years(facts["years"]),
        "size on disk": decimal(facts["bytes"]),
        "last run": run_words(last) if last else "none yet",
        "modality gap": "-" if gap is None else f"{gap:.3f} between the mean image and the mean passage",
        "index": ("up to date" if not facts["not_indexed"] else f"{facts['not_indexed']:,} items still to be indexed")
        + (f", on {facts['chroma']}" if facts["chroma"] else ""),
        "made": _when(facts["created"]),
        "other spaces": ", ".join(other for other in facts["spaces"] if other != name) or "none",
    }
    if facts["kept_out"]:
        rows["kept out"] = f"{len(facts['kept_out']):,} files or folders that were removed by hand; --json names them"
    if facts["reencoding"]:
        rows["re-encoding"] = begun_words(facts["reencoding"], facts["items"])
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


def begun_words(reencoding: dict, items: dict[str, int]) -> str:
    """A re-encoding that goes on, or was interrupted, in words."""
    return (
        f"begun: {reencoding['staged']:,} of {sum(items.values()):,} items have a vector of another encoder; searches "
        "use the old ones until all are there, and the same `nearspace reencode` goes on from there"
    )


def _items(counts: Mapping[str, int]) -> str:
    images, passages = counts.get("image", 0), counts.get("text", 0)
    told = [counted(images, "image")] if images else []
    return ", ".join(told + ([counted(passages, "passage")] if passages else []))


def run_words(run: dict) -> str:
    """A run in words."""
    when = _when(run["started"])
    took = "" if run["seconds"] is None else f", {run['seconds']:,.1f} s"
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in (run["outcomes"] or {}).items() if count)
    ended = "" if run["finished"] else "; it did not come to its end, or goes on now"
    return f"{when}{took}{': ' if outcomes else ''}{outcomes}{ended}"


def _when(moment: str) -> str:
    """A moment, ISO 8601, by this machine's clock."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def describe(space: Space) -> dict:
    """What is in the space, in values that JSON has."""
    manifest = space.manifest
    spread, run = overview.spread(space.ledger), overview.last_run(space.ledger)
    groups, twins = space.ledger.twin_counts()
    return {
        "space": space.name,
        "folder": str(space.folder),
        "encoder": {
            "id": manifest.encoder.id,
            "dimension": manifest.encoder.dimension,
            "fingerprint": manifest.encoder.fingerprint,
            "licence": manifest.encoder.licence,
        },
        "created": manifest.created,
        "items": space.ledger.counts(),
        "sources": space.ledger.outcome_counts(),
        "near_duplicates": {"groups": groups, "items": twins, "not_compared": space.ledger.unmarked_count()},
        "copies": space.ledger.copy_count(),
        "kept_out": kept_out(space.ledger),
        "modality_gap": manifest.modality_gap,
        "not_indexed": space.ledger.waiting(),
        "chroma": str(manifest.chroma) if manifest.chroma else None,
        "folders": spread.folders,
        "formats": spread.formats,
        "years": overview.by_year(space.ledger),
        "reencoding": {"staged": staged_count(space.folder)} if is_begun(space.folder) else None,
        "bytes": overview.size_on_disk(space.folder),
        "last_run": asdict(run) if run else None,
    }
