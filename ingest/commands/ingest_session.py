"""One ingest as a command runs it: the space and its encoder are opened, and a reporter shows what happens."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ingest.commands.chroma_options import chroma_in_environment
from ingest.console.reporters import Reporter
from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderMismatch
from ingest.interrupt import GracefulInterrupt
from ingest.run.dry_run import dry_run, ledger_to_read
from ingest.run.engines import local
from ingest.run.engines.workload import Engine
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.pipeline import ingest
from ingest.run.report import Report
from ingest.settings import DEFAULT_ENCODER
from ingest.sources.selection import Selector
from ingest.space import Space, check_encoder, encoder_of_space, open_to_write
from ingest.space.manifest import MANIFEST_NAME, current_manifest


def ingest_into(
    home: Path, name: str, paths: Sequence[Path], options: IngestOptions = DEFAULT, reporter: Reporter | None = None
) -> Report:
    """Ingest `paths` into the space `name` as `options` say, reporting progress and outcomes.

    The first Ctrl-C ends the run after the current batch; the second raises KeyboardInterrupt.
    """
    reporter = reporter or Reporter()
    Selector(options.selection)  # reject a malformed glob before anything is loaded or made
    engine = make_engine(options, reporter)
    space, encoder = open_with_encoder(home, name, options, reporter)
    with space:
        with reporter.progress() as watch, GracefulInterrupt(quiet=reporter.quiet) as stop:
            report = ingest(
                space,
                encoder,
                paths,
                options,
                engine=engine,
                on_event=watch,
                on_outcome=reporter.on_outcome,
                stop=stop,
            )
        reporter.report(
            report, space=name, roots=[*map(str, paths), *options.addresses], counts=space.ledger.items.counts()
        )
    return report


def make_engine(options: IngestOptions, reporter: Reporter) -> Engine:
    """Where files are read and encoded; raises SettingsError if what that takes is not installed."""
    if options.pool is None:
        return local.engine
    from ingest.run.engines import ray

    return ray.engine(options.pool, log=reporter.message)


def dry_run_of(home: Path, name: str, paths: Sequence[Path], options: IngestOptions, reporter: Reporter) -> Report:
    """Report what `ingest_into` would do, and write nothing; returns the report that there would be.

    Raises:
        EncoderMismatch: the space was made with another encoder than the one asked for.
    """

    def load() -> Encoder:
        encoder = load_encoder(
            options.encoder or encoder_of_space(home, name) or DEFAULT_ENCODER,
            log=reporter.message,
            device=options.device,
        )
        if (home / name / MANIFEST_NAME).is_file():
            check_encoder(current_manifest(home / name), encoder.info)
        return encoder

    with closing(ledger_to_read(home, name)) as ledger, reporter.progress("looking at") as watch:
        made = dry_run(
            ledger,
            paths,
            load,
            options,
            on_event=watch,
        )
    reporter.dry_run(made, space=name, roots=[*map(str, paths), *options.addresses])
    return made.report


def open_with_encoder(home: Path, name: str, options: IngestOptions, reporter: Reporter) -> tuple[Space, Encoder]:
    """Open the space `name` to write into it, with the encoder asked for, else its own, else the default.

    A new space has its index where `options` say, else where $NEARSPACE_CHROMA says, else on this machine.

    Raises:
        EncoderError: the encoder cannot be loaded.
        SpaceError: the space cannot be opened.
    """
    has = encoder_of_space(home, name)
    chosen = options.encoder or has or DEFAULT_ENCODER
    chroma = options.chroma or (None if has else chroma_in_environment())
    encoder = load_encoder(chosen, log=reporter.message, device=options.device)
    with reporter.index_progress() as index_progress:

        def opened(encoder: Encoder) -> Space:
            return open_to_write(home, name, encoder.info, chroma=chroma, log=reporter.message, progress=index_progress)

        try:
            return opened(encoder), encoder
        except EncoderMismatch:
            changed = encoder_of_space(home, name)
            if options.encoder or changed in (None, chosen):
                raise
            # Nobody asked for that encoder: the space was re-encoded while this run waited for its turn.
            encoder = load_encoder(str(changed), log=reporter.message, device=options.device)
            return opened(encoder), encoder
