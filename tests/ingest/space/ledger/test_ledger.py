"""A ledger is put together of parts, each of which asks and writes as it says."""

from collections import Counter

from ingest.space.ledger.ledger import Ledger


def test_no_part_of_the_ledger_hides_what_another_does():
    parts = [part for part in Ledger.__mro__ if part is not object]
    names = Counter(name for part in parts for name in vars(part) if not name.startswith("__"))
    assert [name for name, times in names.items() if times > 1] == []
