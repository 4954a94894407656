from search_app.search.hits import Hit
from search_app.search.result_groups import Entry, folded, grouped


def hit(number: int, modality: str = "text") -> Hit:
    return Hit(str(number), modality, number, 1.0, 50.0, 9, False, 0.5)  # type: ignore[arg-type]


def entries(*numbers: int, modality: str = "text") -> list[Entry]:
    return [Entry(hit(number, modality)) for number in numbers]


def shown(found: list[Entry]) -> list[tuple[int, list[int], list[int]]]:
    return [
        (int(one.hit.id), [int(each.id) for each in one.alike], [int(each.id) for each in one.passages])
        for one in found
    ]


def test_near_duplicates_are_folded_under_the_closest_of_them_whichever_leads_the_group() -> None:
    leaders = {"3": "1", "1": "1", "5": "1", "2": "2"}
    assert shown(folded(entries(3, 2, 1, 4, 5), leaders)) == [(3, [1, 5], []), (2, [], []), (4, [], [])]


def test_passages_of_a_document_stand_at_the_place_of_the_first() -> None:
    documents = {"1": "a.txt", "2": "b.txt", "3": "a.txt", "4": "a.txt"}
    assert shown(grouped(entries(2, 1, 3, 5, 4), documents)) == [(2, [], []), (1, [], [3, 4]), (5, [], [])]


def test_images_of_one_source_stay_on_their_own() -> None:
    documents = {"1": "film.mp4", "2": "film.mp4"}
    assert shown(grouped(entries(1, 2, modality="image"), documents)) == [(1, [], []), (2, [], [])]


def test_what_was_folded_under_a_passage_stays_with_its_document() -> None:
    found = folded(entries(1, 2, 3), {"3": "2", "2": "2", "1": "1"})
    assert shown(grouped(found, {"1": "a", "2": "a", "3": "b"})) == [(1, [3], [2])]
