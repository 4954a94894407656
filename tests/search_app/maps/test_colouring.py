import numpy as np

from search_app.maps.colouring import MAX_CATEGORIES, NO_VALUE, SCALE_STEPS, colour_by_topic, colour_items
from search_app.search.query_vectors import PartVector, Probe
from tests.search_app.search.memory_ledger import Facts, MemoryLedger, snapshot_of, texts


def ledger(folders: int = 3) -> MemoryLedger:
    made = MemoryLedger()
    for number in range(folders):
        made.add("text", texts("red", "green", "blue"), folder=f"folder {number}")
    made.add("image", texts("red"), folder="folder 0")
    return made


def test_images_come_before_passages_whatever_came_first() -> None:
    made = colour_items("modality", snapshot_of(ledger()), ledger())
    assert made.codes.tolist() == [0] + [1] * 9
    assert [(kind.name, kind.count) for kind in made.categories] == [("pictures", 1), ("passages", 9)]


def test_the_largest_folders_have_a_colour_each_and_the_others_share_one() -> None:
    made = colour_items("folder", snapshot_of(ledger(folders=MAX_CATEGORIES + 2)), ledger())
    assert made.categories[0].name == "folder 0" and made.categories[0].count == 4
    assert (made.categories[-1].name, made.categories[-1].count, made.categories[-1].other) == ("others", 6, True)
    assert len({kind.code for kind in made.categories}) == MAX_CATEGORIES + 1


def test_dates_are_a_scale_from_the_first_to_the_last_day() -> None:
    source = ledger(folders=1)
    for item, day in (("1", 10), ("2", 400), ("3", 20), ("4", 30)):
        source.tell(item, Facts(day=day))
    made = colour_items("date", snapshot_of(source), source)
    assert made.scale == ("1970-01-11", "1971-02-05")
    assert made.codes[[1, 3, 0, 2]].tolist() == [0, round(SCALE_STEPS / 3), round(SCALE_STEPS * 2 / 3), SCALE_STEPS]


def test_closeness_to_the_question_is_a_scale_within_each_modality() -> None:
    source = ledger(folders=1)
    source.add("image", texts("green", "blue"))
    made = colour_items("match", snapshot_of(source), source, Probe((PartVector("text", texts("red")[0]),)))
    assert made.codes[0] == SCALE_STEPS and made.codes[3] == SCALE_STEPS  # the red image, and the red passage
    assert (made.codes[[1, 2, 4, 5]] < SCALE_STEPS).all()


def test_metadata_is_kinds_of_words_and_a_scale_of_numbers() -> None:
    source = ledger(folders=10)
    source.told = {
        "camera": [(1, "Box"), (2, "Box"), (3, "Pinhole")],
        "height": [(number, str(number)) for number in range(1, 31)],
    }
    words = colour_items("meta:camera", snapshot_of(source), source)
    assert [(kind.name, kind.count) for kind in words.categories] == [
        ("Box", 2),
        ("Pinhole", 1),
        ("without camera", 28),
    ]
    numbers = colour_items("meta:height", snapshot_of(source), source)
    assert numbers.scale == ("1", "30")
    assert (numbers.codes == NO_VALUE).sum() == 1 and numbers.categories[0].count == 1


def test_an_item_has_the_colour_of_its_topic() -> None:
    made = colour_by_topic(["boats", "birds"], np.array([1, 0, 1, -1]))
    assert [(kind.name, kind.count) for kind in made.categories] == [("birds", 2), ("boats", 1), ("without topic", 1)]
    assert made.codes.tolist() == [0, 1, 0, MAX_CATEGORIES]
