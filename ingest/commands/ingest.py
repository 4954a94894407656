"""`nearspace ingest`: read files and folders into a space."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ingest.choosing import EVERYTHING, Choice, Chooser
from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderMismatch, SettingsError
from ingest.pipeline import ingest
from ingest.readers.options import AS_USUAL, Reading
from ingest.report import Report
from ingest.settings import DEFAULT_ENCODER, home_folder, space_name
from ingest.space import Space, encoder_of_space, open_to_write
from ingest.stopping import Stopping
from ingest.sweep import Missing
from ingest.voices import JsonLines, Quiet, Voice


def run(options: argparse.Namespace) -> int:
    """Ingest `options.paths`; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    paths = [path.expanduser().absolute() for path in options.paths]
    if options.report and not options.report.expanduser().absolute().parent.is_dir():
        raise SettingsError(f"There is no folder for the report {options.report}. Give --report a file in one that is.")
    voice = JsonLines() if options.json_lines else Quiet() if options.quiet else Voice()
    report = ingest_into(
        home,
        name,
        paths,
        encoder_id=options.encoder,
        device=options.device,
        choice=Choice(tuple(options.include), tuple(options.exclude), options.hidden),
        reading=Reading(options.text_column, options.id_column),
        missing="keep" if options.keep_missing else "remove-many" if options.yes else "remove",
        voice=voice,
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
    voice: Voice | None = None,
) -> Report:
    """Ingest what `choice` wants of `paths` into the space `name`, telling how it goes on and what came of it.

    The first Ctrl-C ends the run after the batch in hand; the second raises KeyboardInterrupt.
    """
    voice = voice or Voice()
    Chooser(choice)  # a glob that cannot be understood is told before anything is loaded or made
    space, encoder = open_with_encoder(home, name, encoder_id, device, voice)
    with space:
        with voice.progress() as watch, Stopping(quiet=voice.quiet) as stop:
            report = ingest(
                space,
                encoder,
                paths,
                choice=choice,
                reading=reading,
                missing=missing,
                watch=watch,
                told=voice.told,
                stop=stop,
            )
        voice.report(report, space=name, roots=[str(path) for path in paths], counts=space.ledger.counts())
    return report


def open_with_encoder(
    home: Path, name: str, encoder_id: str | None, device: str | None, voice: Voice
) -> tuple[Space, Encoder]:
    """Open the space `name` to write into it, with the encoder asked for, else its own, else the default.

    Raises:
        EncoderError: the encoder cannot be loaded.
        SpaceError: the space cannot be opened.
    """
    chosen = encoder_id or encoder_of_space(home, name) or DEFAULT_ENCODER
    encoder = load_encoder(chosen, say=voice.say, device=device)
    with voice.rebuilding() as rebuilding:
        try:
            return open_to_write(home, name, encoder.info, say=voice.say, progress=rebuilding), encoder
        except EncoderMismatch:
            changed = encoder_of_space(home, name)
            if encoder_id or changed in (None, chosen):
                raise
            # Nobody asked for that encoder: the space was re-encoded while this run waited for its turn.
            encoder = load_encoder(str(changed), say=voice.say, device=device)
            return open_to_write(home, name, encoder.info, say=voice.say, progress=rebuilding), encoder
