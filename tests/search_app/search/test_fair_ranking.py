"""The default ranking against its rivals on captioned pictures that nothing was fitted on; by hand on all of them."""

import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from search_app.search.query import Query
from search_app.search.query_schema import Listing
from tests.benchmarks.ranking import FLICKR, Pairs, measure, read_pairs

PICTURES = 150


@pytest.fixture(scope="module")
def pairs(lite: LiteEncoder) -> Pairs:
    if not FLICKR.is_dir():
        pytest.skip(f"the captioned pictures are not part of the project, and not in {FLICKR}")
    return read_pairs(lite, "val", PICTURES)


def test_the_default_finds_pictures_and_captions_where_its_rivals_find_one_or_the_other(pairs, lite):
    found = measure(pairs, lite, Query("q"))
    print(found)
    raw = measure(pairs, lite, Query("q", listing=Listing(method="cosine")))
    standardised = measure(pairs, lite, Query("q", listing=Listing(method="standardised")))
    fused = measure(pairs, lite, Query("q", listing=Listing(method="rrf")))
    assert found.gain > max(raw.gain, standardised.gain, fused.gain)
    assert found.image_found > standardised.image_found > raw.image_found
    assert found.caption_recall > fused.caption_recall
    assert found.gain >= 0.72
    assert found.image_found >= 65
    assert found.caption_recall >= 0.75
