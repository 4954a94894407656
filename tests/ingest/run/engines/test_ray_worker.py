"""What a worker knows of the ledger is enough to read what the space has not."""

import numpy as np
import pytest

from ingest.run.classify import Examiner, Fresh
from ingest.run.engines.ray_worker import KEY_DIGITS, _OnlyTheLedgerKnows, _ToldOfLedger
from ingest.sources.walk import content_hash, walk
from tests.fake_encoder import FakeEncoder
from tests.make_files import picture, text


def test_a_worker_reads_new_contents_itself_and_gives_back_those_that_the_ledger_has(tmp_path):
    new = [picture(tmp_path / "red.png", "red"), text(tmp_path / "words.txt", "Words.")]
    known = picture(tmp_path / "blue.png", "blue")
    errors: list[object] = []
    found = {each.path.name: each for each in walk(tmp_path, on_error=errors.append)}
    keys = np.array([int(content_hash(known)[:KEY_DIGITS], 16)], np.uint64)
    ledger = _ToldOfLedger({each.source: None for each in found.values()}, keys)
    examiner = Examiner(ledger, FakeEncoder())
    for path in new:
        fresh = examiner.examine(found[path.name])
        assert isinstance(fresh, Fresh) and len(fresh.drafts) == 1
    with pytest.raises(_OnlyTheLedgerKnows):
        examiner.examine(found["blue.png"])
