"""`nearspace watch`: keep a space in step with folders as their files change."""

import argparse
from dataclasses import replace

from ingest.commands.ingest import open_with_encoder
from ingest.console.reporters import voice_of
from ingest.encoders.base import Encoder
from ingest.errors import SettingsError
from ingest.interrupt import Stopping
from ingest.run.options import given, wishes_of
from ingest.run.report import ALL_WELL
from ingest.run.watch import watch
from ingest.settings import home_folder, space_name
from ingest.space import Space


def run(options: argparse.Namespace) -> int:
    """Ingest and watch `options.paths` until Ctrl-C; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    paths, addresses = given(options.paths)
    if addresses:
        raise SettingsError(
            f"{addresses[0]} cannot be watched. Fetch it now and then: nearspace ingest {addresses[0]}."
        )
    wishes, voice = wishes_of(options), voice_of(options)
    asked = wishes

    def open_anew() -> tuple[Space, Encoder]:
        nonlocal asked
        opened = open_with_encoder(home, name, asked, voice)
        asked = replace(wishes, encoder=None)  # from now on the space's own, whatever it is re-encoded to
        return opened

    with Stopping(quiet=True) as stop:
        report = watch(home, name, paths, wishes, voice, open_anew, stop)
    return report.exit_status if report.interrupted else ALL_WELL
