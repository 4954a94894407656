"""Checks a space without changing it: manifest, ledger, vectors, thumbnails, search index, and Chroma."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import SpaceError
from ingest.space.chroma.sync import Progress
from ingest.space.chroma_address import ChromaAddress
from ingest.space.ledger.database import LEDGER_NAME, encoder_in
from ingest.space.maintenance.check_ledger import check_file, check_rows, check_thumbnails, check_vectors
from ingest.space.maintenance.check_search_index import check_search_index
from ingest.space.maintenance.findings import Findings
from ingest.space.manifest import read_manifest
from ingest.space.open import require_space, write_lock


def check(
    home: Path, name: str, *, full: bool = False, log: Log | None = None, progress: Progress | None = None
) -> Findings:
    """Check the space `name`, once no process writes into it; nothing is changed.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceError: its folder cannot be read.
    """
    folder = require_space(home, name)
    with write_lock(folder, name, log, float("inf")):
        return check_folder(folder, full=full, log=log, progress=progress)


def check_folder(
    folder: Path,
    *,
    full: bool = False,
    chroma: ChromaAddress | None = None,
    log: Log | None = None,
    progress: Progress | None = None,
) -> Findings:
    """What is wrong with the space in `folder`; a `full` check compares every vector with Chroma's, else a sample.

    `chroma` is the manifest's own address with the values of its headers, where they are not in the environment.
    Every vector and thumbnail of the ledger is checked either way.  The caller holds the space's write lock, so that
    nothing changes meanwhile.
    """
    findings = Findings(folder.name, str(folder), full)
    _check_manifest(findings, folder)
    findings.chroma = chroma or findings.chroma
    path = folder / LEDGER_NAME
    if not path.is_file():
        findings.add("ledger", f"the ledger {LEDGER_NAME} is missing")
        return findings
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            if check_file(findings, connection):
                check_rows(findings, connection)
                check_vectors(findings, connection, progress)
                check_thumbnails(findings, connection, folder)
                check_search_index(findings, connection)
                if findings.encoder:
                    from ingest.space.maintenance.check_chroma import check_chroma

                    check_chroma(findings, connection, folder, log=log, progress=progress)
    except sqlite3.Error as error:
        findings.add("ledger", f"the ledger cannot be read ({error})")
    return findings


def _check_manifest(findings: Findings, folder: Path) -> None:
    recorded: EncoderInfo | None = None
    with suppress(SpaceError, TypeError, ValueError):  # the check of the ledger itself says what is wrong with it
        recorded = findings.encoder = encoder_in(folder / LEDGER_NAME)
    try:
        manifest = read_manifest(folder)
    except SpaceError as error:
        findings.add("manifest", str(error).split(". ")[0])
        return
    findings.space, findings.id, findings.chroma = manifest.name, manifest.id, manifest.chroma
    if recorded is None:
        findings.encoder = manifest.encoder
        for modality, statistics in manifest.statistics.items():
            mean = np.array(statistics.mean)
            if len(mean) != manifest.encoder.dimension or not np.isfinite(mean).all():
                findings.add("manifest", f"the mean {modality} vector in the manifest is broken")
