"""`nearspace ingest`: read files and folders into a space."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ingest.commands.chroma_options import chroma_in_environment
from ingest.commands.ingest_options import options_from_args, paths_and_addresses
from ingest.console.output import printable
from ingest.console.reporters import Voice, voice_of
from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderMismatch, SettingsError
from ingest.interrupt import Stopping
from ingest.run.dry_run import dry_run, ledger_to_read
from ingest.run.engines import local
from ingest.run.engines.base import Engine
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.pipeline import ingest
from ingest.run.report import Report
from ingest.settings import DEFAULT_ENCODER, home_folder, space_name
from ingest.sources.discovery import is_missing
from ingest.sources.selection import Selector
from ingest.space import Space, check_encoder, encoder_of_space, open_to_write
from ingest.space.manifest import MANIFEST_NAME, current_manifest

_NAMED = 3  # paths in an error at most


def run(options: argparse.Namespace) -> int:
    """Ingest `options.paths`; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    paths, addresses = paths_and_addresses(options.paths)
    if not addresses and all(map(is_missing, paths)):  # told before anything is loaded or made
        named = ", ".join(printable(str(path)) for path in paths[:_NAMED])
        raise SettingsError(
            f"There is nothing at {named}. Check how {'it is' if len(paths) == 1 else 'they are'} spelt."
        )
    if options.report and not options.report.expanduser().absolute().parent.is_dir():
        raise SettingsError(f"There is no folder for the report {options.report}. Give --report a file in one that is.")
    voice = voice_of(options)
    ingest_options = replace(options_from_args(options), addresses=addresses)
    told = plan_for if options.dry_run else ingest_into
    report = told(home, name, paths, ingest_options, voice)
    if options.report:
        report.write_json(options.report.expanduser(), space=name, roots=[*map(str, paths), *addresses])
    return report.exit_status


def ingest_into(
    home: Path, name: str, paths: Sequence[Path], options: IngestOptions = DEFAULT, voice: Voice | None = None
) -> Report:
    """Ingest `paths` into the space `name` as `options` say, telling how it goes on and what came of it.

    The first Ctrl-C ends the run after the batch in hand; the second raises KeyboardInterrupt.
    """
    voice = voice or Voice()
    Selector(options.selection)  # a glob that cannot be understood is told before anything is loaded or made
    engine = engine_of(options, voice)
    space, encoder = open_with_encoder(home, name, options, voice)
    with space:
        with voice.progress() as watch, Stopping(quiet=voice.quiet) as stop:
            report = ingest(
                space,
                encoder,
                paths,
                options,
                engine=engine,
                on_event=watch,
                on_outcome=voice.told,
                stop=stop,
            )
        voice.report(report, space=name, roots=[*map(str, paths), *options.addresses], counts=space.ledger.counts())
    return report


def engine_of(options: IngestOptions, voice: Voice) -> Engine:
    """Where files are read and encoded; raises SettingsError if what that takes is not installed."""
    if options.pool is None:
        return local.engine
    from ingest.run.engines import ray

    return ray.engine(options.pool, say=voice.say)


def plan_for(home: Path, name: str, paths: Sequence[Path], options: IngestOptions, voice: Voice) -> Report:
    """Tell what `ingest_into` would do, and write nothing; returns the report that there would be.

    Raises:
        EncoderMismatch: the space was made with another encoder than the one asked for.
    """

    def load() -> Encoder:
        encoder = load_encoder(
            options.encoder or encoder_of_space(home, name) or DEFAULT_ENCODER, say=voice.say, device=options.device
        )
        if (home / name / MANIFEST_NAME).is_file():
            check_encoder(current_manifest(home / name), encoder.info)
        return encoder

    with closing(ledger_to_read(home, name)) as ledger, voice.progress("looking at") as watch:
        made = dry_run(
            ledger,
            paths,
            load,
            options,
            on_event=watch,
        )
    voice.plan(made, space=name, roots=[*map(str, paths), *options.addresses])
    return made.report


def open_with_encoder(
    home: Path, name: str, options: IngestOptions, voice: Voice
) -> tuple[Space, Encoder]:  # fmt: skip
    """Open the space `name` to write into it, with the encoder asked for, else its own, else the default.

    A new space has its index where `options` say, else where $NEARSPACE_CHROMA says, else on this machine.

    Raises:
        EncoderError: the encoder cannot be loaded.
        SpaceError: the space cannot be opened.
    """
    has = encoder_of_space(home, name)
    chosen = options.encoder or has or DEFAULT_ENCODER
    chroma = options.chroma or (None if has else chroma_in_environment())
    encoder = load_encoder(chosen, say=voice.say, device=options.device)
    with voice.rebuilding() as rebuilding:

        def opened(encoder: Encoder) -> Space:
            return open_to_write(home, name, encoder.info, chroma=chroma, say=voice.say, progress=rebuilding)

        try:
            return opened(encoder), encoder
        except EncoderMismatch:
            changed = encoder_of_space(home, name)
            if options.encoder or changed in (None, chosen):
                raise
            # Nobody asked for that encoder: the space was re-encoded while this run waited for its turn.
            encoder = load_encoder(str(changed), say=voice.say, device=options.device)
            return opened(encoder), encoder
