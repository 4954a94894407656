"""Files whose names, captions and words are written to run scripts or to call out: the page only shows them."""

from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page

from tests.browser.acting import cards, settled
from tests.browser.mapping import drawn
from tests.browser.serving import serving
from tests.browser.visiting import expect
from tests.command_line import nearspace_here
from tests.make_files import FAKE, picture, text

CALL = "http://127.0.0.1:9/called-out.png"
MARKUP = (
    f"<img src={CALL} onerror='window.broken=1'>",
    "<script>window.broken=1</script>",
    f"<svg onload='window.broken=1'><image href='{CALL}'/></svg>",
    f"![picture]({CALL}) [link](javascript:window.broken=1)",
    "$$\\href{javascript:window.broken=1}{x}$$ $\\includegraphics{" + CALL + "}$",
    f"<style>@import '{CALL}';</style><link rel=stylesheet href={CALL}>",
    f"<iframe srcdoc='<script>parent.broken=1</script>'></iframe><base href={CALL}>",
)


def nothing_lives(page: Page) -> None:
    """No mark-up of a file is an element of the page, and no script of one has run."""
    assert page.evaluate("window.broken") is None
    assert page.locator(".ns-result").count() > 0
    shown_parts = page.locator(".ns-result, .st-key-details, .ns-bar")
    live = "script, iframe, svg image, link, base, [onerror], [onload], a[href^='javascript']"
    assert shown_parts.locator(live).count() == 0


def test_no_script_runs_and_nothing_is_requested(page: Page, tmp_path: Path) -> None:
    files = tmp_path / "files"
    for number, words in enumerate(MARKUP):
        picture(files / f"**red** $x$ {number} <img src=x onerror=window.broken=1>.png", (200 + number, 25, 35))
        text(files / f"**red** $x$ {number} <img src=x onerror=window.broken=1>.txt", words)
        text(files / f"red note {number}.md", f"# {words}\n\nred {words}")
        text(files / f"red page {number}.html", f"<title>{words}</title><p>red</p>{words}")
    done = nearspace_here("ingest", files, "--home", tmp_path / "home", "--space", "test", "--encoder", FAKE)
    assert done.returncode == 0, done.stderr
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with serving(tmp_path / "home", "test") as address:
        composed = f"q=red&term={quote('text:-1:' + MARKUP[1])}&like=1&unlike=2"
        first, second = f"q={quote(MARKUP[0])}&k=96&fold=off", "q=red&k=96&fold=off&colour=folder&map=3d"
        for link in (f"{first}&view=list&expanded=weaker", f"{second}&expanded=weaker", composed):
            page.goto(f"{address}/?{link}")
            shown = " ".join(cards(page))
            assert "onerror=window.broken=1" in shown
            drawn(page)
            nothing_lives(page)
        page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=details]").click()
        expect(page.get_by_role("region", name="Details of")).to_be_visible()
        settled(page)
        nothing_lives(page)
        page.goto(f"{address}/?like=1")
        cards(page)
        expect(page.locator(".ns-bar .ns-token")).to_have_count(1)
        nothing_lives(page)
        called = [url for url in asked if not url.startswith((f"{address}/", "data:", "blob:"))]
        assert called == []
        assert not [url for url in asked if "called-out" in url and "?" not in url]
