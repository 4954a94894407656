"""Ten everyday tasks and the clicks that each takes, which tests/benchmarks/README.md lists; none may take more.

Typing and keys are not counted, nor is the choice of a file in the window of the system.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page

from ingest.resources import sample_folder
from tests.browser.acting import ask, cards, settled
from tests.browser.visiting import expect


@dataclass
class Hand:
    """Clicks as a person does, and counts."""

    page: Page
    clicks: int = 0

    def click(self, what: Locator) -> None:
        """Click once."""
        what.click()
        self.clicks += 1

    def button(self, name: str | re.Pattern[str]) -> None:
        """Click the button of that name."""
        self.click(self.page.get_by_role("button", name=name))

    def menu(self, name: str) -> None:
        """Click an entry of the menu that is open."""
        self.click(self.page.get_by_role("menuitem", name=re.compile(f"^{name}")))

    def picture(self, number: int) -> Locator:
        """The card of a picture among the results, the first being 1."""
        return self.page.locator(".ns-result.ns-image").nth(number - 1)


def compose(hand: Hand) -> None:
    """Add "in the snow", and leave out "people"."""
    for entry, words in (("Words", "in the snow"), ("Leave out", "people")):
        hand.button("Add to the question")
        hand.menu(entry)
        hand.page.keyboard.type(words)
        hand.page.keyboard.press("Enter")
        expect(hand.page.locator(".ns-token").filter(has_text=words)).to_be_visible()


def weigh(hand: Hand) -> None:
    """Let the words count twice as much, beside others."""
    hand.page.goto(f"{hand.page.url}&term=text:1:in+the+snow")
    expect(hand.page.locator(".ns-token")).to_have_count(1)
    settled(hand.page)
    hand.button(re.compile(r"^\+ in the snow"))
    slider = hand.page.get_by_role("slider", name="Counts")
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": box["width"] * 0.64, "y": box["height"] / 2})
    hand.clicks += 1
    expect(hand.page).to_have_url(re.compile(r"text(:|%3A)2(:|%3A)in"))


def own_picture(hand: Hand) -> None:
    """Ask with a picture of one's own."""
    with hand.page.expect_file_chooser() as waiting:
        hand.button("Add to the question")
        hand.menu("A picture")
    waiting.value.set_files(sample_folder() / "pictures" / "music" / "classical_guitar.webp")
    expect(hand.page).to_have_url(re.compile(r"image="))


def look_closely(hand: Hand) -> None:
    """Look at three results in detail, and still see the others."""
    for number in (1, 3, 5):
        hand.click(hand.picture(number).locator(".ns-open"))
        rank = hand.picture(number).get_attribute("data-rank")
        expect(hand.page.locator(".st-key-details-head")).to_contain_text(f"result {rank}", ignore_case=True)
    expect(hand.picture(6)).to_be_in_viewport()


def whole_screen(hand: Hand) -> None:
    """See a picture on the whole screen."""
    hand.click(hand.picture(1).locator(".ns-open"))
    hand.button("Show the picture alone")
    expect(hand.page.get_by_role("dialog", name="alone on the screen")).to_be_visible()


def all_good_pictures(hand: Hand) -> None:
    """See all pictures that match."""
    button = hand.page.get_by_role("button", name="All pictures")
    if button.is_visible():
        hand.click(button)
    good = re.search(r"\d+", hand.page.locator(".ns-count-of-good").inner_text())
    passages = hand.page.locator(".st-key-head-passages h2 small")
    count = int(good[0]) - (int(passages.inner_text()) if passages.count() else 0) if good else 0
    expect(hand.page.locator(".st-key-shelf-pictures .ns-result:visible")).to_have_count(count)


def by_date(hand: Hand) -> None:
    """See pictures of one month only."""
    ask(hand.page, "buildings in May 2001")
    expect(hand.page).to_have_url(re.compile("taken.after=2001-05-01.*taken.before=2001-05-31"))


def by_folder(hand: Hand) -> None:
    """See what is in one folder only."""
    hand.click(hand.page.locator(".ns-bar textarea"))
    hand.page.locator(".ns-bar textarea").fill("vehicles")
    hand.click(hand.page.get_by_role("option").filter(has_text="folder in"))
    expect(hand.page).to_have_url(re.compile("folder=[^&]*vehicles"))
    expect(hand.page.locator(".ns-bar textarea")).to_have_value("buildings")


def compare(hand: Hand) -> None:
    """Compare two results in the lab."""
    hand.click(hand.picture(1).locator(".ns-choose"))
    hand.click(hand.picture(2).locator(".ns-choose"))
    hand.click(hand.page.locator(".st-key-choosing").get_by_role("button", name="Compare"))
    expect(hand.page).to_have_url(re.compile(r"/closeness-lab\?.*pairs-thing=item.*pairs-thing=item"))


def two_paths(hand: Hand) -> None:
    """Copy the paths of two results."""
    hand.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hand.click(hand.picture(1).locator(".ns-choose"))
    hand.click(hand.picture(3).locator(".ns-choose"))
    expect(hand.page.locator(".st-key-choosing")).to_contain_text("2 chosen")
    hand.click(hand.page.locator(".st-key-choosing").get_by_role("button", name="Copy paths"))
    expect(hand.page.locator(".st-key-choosing")).to_contain_text("Copied")
    assert len(hand.page.evaluate("navigator.clipboard.readText()").split("\n")) == 2


TASKS: dict[Callable[[Hand], None], int] = {
    compose: 4,
    weigh: 2,
    own_picture: 2,
    look_closely: 3,
    whole_screen: 2,
    all_good_pictures: 1,
    by_date: 0,
    by_folder: 2,
    compare: 3,
    two_paths: 3,
}
"""The most clicks of each task."""


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_an_everyday_task_takes_no_more_clicks_than_it_did(
    page: Page, sample_address: str, task: Callable[[Hand], None]
):
    page.goto(f"{sample_address}/?q=buildings")
    cards(page)
    expect(page.locator("html.ns-choosing-ready")).to_be_attached()
    hand = Hand(page)
    task(hand)
    settled(page)
    assert hand.clicks <= TASKS[task]
