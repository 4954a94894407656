"""`nearspace status`: say what is in a space."""

import argparse
import json

from rich.table import Table
from rich.text import Text

from ingest.console import result_console, say
from ingest.settings import home_folder, space_name
from ingest.space import Space, list_spaces, open_space


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
    rows = {
        "space": f"{name}  ({space.folder})",
        "encoder": f"{facts['encoder']['id']}, {facts['encoder']['dimension']} dimensions, "
        f"fingerprint {facts['encoder']['fingerprint'][:12]}",
        "items": f"{facts['items']['image']:,} images, {facts['items']['text']:,} passages",
        "sources": outcomes or "none yet",
        "modality gap": "-" if gap is None else f"{gap:.3f} between the mean image and the mean passage",
        "index": "up to date" if not facts["not_indexed"] else f"{facts['not_indexed']:,} items still to be indexed",
        "made": facts["created"],
        "other spaces": ", ".join(other for other in facts["spaces"] if other != name) or "none",
    }
    for label, value in rows.items():
        table.add_row(Text(label, style="dim"), Text(value))
    result_console.print(table)
    return 0


def describe(space: Space) -> dict:
    """What is in the space, in values that JSON has."""
    manifest = space.manifest
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
        "modality_gap": manifest.modality_gap,
        "not_indexed": space.ledger.waiting(),
    }
