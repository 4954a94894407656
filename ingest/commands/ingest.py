"""`nearspace ingest`: read files and folders into a space."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ingest.choosing import EVERYTHING, Choice, Chooser
from ingest.console import ingest_progress, rebuild_progress, say, show_report
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderMismatch, SettingsError
from ingest.pipeline import ingest
from ingest.readers.options import AS_USUAL, Reading
from ingest.report import Report
from ingest.settings import DEFAULT_ENCODER, home_folder, space_name
from ingest.space import encoder_of_space, open_to_write
from ingest.sweep import Missing


def run(options: argparse.Namespace) -> int:
    """Ingest `options.paths`; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    paths = [path.expanduser().absolute() for path in options.paths]
    if options.report and not options.report.expanduser().absolute().parent.is_dir():
        raise SettingsError(f"There is no folder for the report {options.report}. Give --report a file in one that is.")
    report = ingest_into(
        home,
        name,
        paths,
        encoder_id=options.encoder,
        device=options.device,
        choice=Choice(tuple(options.include), tuple(options.exclude), options.hidden),
        reading=Reading(options.text_column, options.id_column),
        missing="keep" if options.keep_missing else "remove-many" if options.yes else "remove",
    )
    if options.report:
        report.write_json(options.report.expanduser(), space=name, roots=[str(path) for path in paths])
    return report.exit_status


def ingest_into(
    home: Path,
    name: str,
    paths: Sequence[Path],
    *,
    encoder_id: str | None = None,
    device: str | None = None,
    choice: Choice = EVERYTHING,
    reading: Reading = AS_USUAL,
    missing: Missing = "remove",
) -> Report:
    """Ingest what `choice` wants of `paths` into the space `name`, showing progress and the outcomes."""
    Chooser(choice)  # a glob that cannot be understood is told before anything is loaded or made
    chosen = encoder_id or encoder_of_space(home, name) or DEFAULT_ENCODER
    encoder = load_encoder(chosen, say=say, device=device)
    with rebuild_progress() as rebuilding:
        try:
            space = open_to_write(home, name, encoder.info, say=say, progress=rebuilding)
        except EncoderMismatch:
            changed = encoder_of_space(home, name)
            if encoder_id or changed in (None, chosen):
                raise
            # Nobody asked for that encoder: the space was re-encoded while this run waited for its turn.
            encoder = load_encoder(str(changed), say=say, device=device)
            space = open_to_write(home, name, encoder.info, say=say, progress=rebuilding)
    with space:
        with ingest_progress() as watch:
            report = ingest(space, encoder, paths, choice=choice, reading=reading, missing=missing, watch=watch)
        show_report(report, space=name, counts=space.ledger.counts())
    return report
