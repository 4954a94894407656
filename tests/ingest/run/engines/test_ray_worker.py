"""What a worker knows of the ledger is enough to read what the space has not."""

import numpy as np
import pytest

from ingest.readers.reading_options import DEFAULT_READING
from ingest.run.classified import New
from ingest.run.engines.ray_worker import KEY_DIGITS, _LedgerNeeded, _LedgerStandIn
from ingest.run.engines.workload import Workload
from ingest.sources.location import content_hash
from ingest.sources.walk import walk
from tests.fake_encoder import FakeEncoder
from tests.make_files import picture, text


def test_a_worker_reads_new_contents_itself_and_gives_back_those_that_the_ledger_has(tmp_path):
    new = [picture(tmp_path / "red.png", "red"), text(tmp_path / "words.txt", "Words.")]
    known = picture(tmp_path / "blue.png", "blue")
    errors: list[object] = []
    found = {each.path.name: each for each in walk(tmp_path, on_error=errors.append)}
    keys = np.array([int(content_hash(known)[:KEY_DIGITS], 16)], np.uint64)
    ledger = _LedgerStandIn({each.ledger_path: None for each in found.values()}, keys)
    classifier = Workload((), ledger, FakeEncoder(), DEFAULT_READING).classifier()
    for path in new:
        read = classifier.classify(found[path.name])
        assert isinstance(read, New) and len(read.drafts) == 1
    with pytest.raises(_LedgerNeeded):
        classifier.classify(found["blue.png"])
