"""What is said of a map beside it."""

import pytest

from search_app.components.map.captions import trust_word
from search_app.maps.layout import Trust


@pytest.mark.parametrize(
    ("trustworthiness", "kept", "word"),
    [(0.97, 0.6, "good"), (0.97, 0.2, "fair"), (0.8, 0.6, "fair"), (0.8, 0.1, "low"), (0.6, 0.6, "low")],
)
def test_the_trust_of_a_map_is_one_word_which_both_of_its_figures_must_earn(
    trustworthiness: float, kept: float, word: str
) -> None:
    assert trust_word(Trust(trustworthiness, kept, 500)) == word
