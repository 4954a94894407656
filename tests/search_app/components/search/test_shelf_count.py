"""Results are shared among the shelves that there are: one that nothing can be on takes no part of them."""

from search_app.components.search.shelves import shelf_count
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from tests.search_app.search.clusters import vectors_of
from tests.search_app.search.memory_ledger import MemoryLedger, snapshot_of


def test_only_what_the_space_has_gets_a_shelf() -> None:
    ledger = MemoryLedger()
    ledger.add("image", vectors_of("red", "image", 2))
    assert shelf_count(Query(text="red"), snapshot_of(ledger)) == 1
    ledger.add("text", vectors_of("red", "text", 2))
    assert shelf_count(Query(text="red"), snapshot_of(ledger)) == 2
    only_pictures = Query(text="red", filters=Filters(modality=("image",)))
    assert shelf_count(only_pictures, snapshot_of(ledger)) == 1
