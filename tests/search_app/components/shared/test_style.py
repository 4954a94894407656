"""Colours that can be told apart and read in both themes, and are the same wherever they are written."""

import re
import tomllib
from pathlib import Path

import pytest
import streamlit

import search_app
from search_app.components.shared.palette import DARK, LIGHT, MAP_KINDS, MAP_MODALITY, MAP_OTHER, MAP_STAR, Theme

PACKAGE = Path(search_app.__file__).parent
CSS = (PACKAGE / "components" / "shared" / "style.css").read_text(encoding="utf-8")
RESULTS_CSS = (PACKAGE / "components" / "search" / "results.css").read_text(encoding="utf-8")
CONFIG = tomllib.loads((PACKAGE / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK])


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@THEMES
@pytest.mark.parametrize("name", ["ink", "muted", "accent", "image", "text", "star"])
def test_text_is_readable_on_every_background(theme: Theme, name: str) -> None:
    colour = getattr(theme, name)
    well = LIGHT_WELL if theme is LIGHT else DARK_WELL
    for ground in (theme.background, theme.card, well):
        assert contrast(colour, ground) >= 4.5


LIGHT_WELL, DARK_WELL = re.findall(r"--ns-well: light-dark\((#\w{6}), (#\w{6})\)", CSS)[0]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_badges_number_is_readable(theme: Theme) -> None:
    on_badge = re.findall(r"--ns-on-badge: light-dark\((#\w{6}), (#\w{6})\)", CSS)[0][0 if theme is LIGHT else 1]
    assert contrast(on_badge, theme.image) >= 4.5
    assert contrast(on_badge, theme.text) >= 4.5


@pytest.mark.parametrize("mark", [*MAP_MODALITY.values(), *MAP_KINDS, MAP_STAR, MAP_OTHER])
def test_marks_on_the_map_stand_out_in_both_themes(mark: str) -> None:
    assert contrast(mark, LIGHT.card) >= 3.0
    assert contrast(mark, DARK.card) >= 3.0


def test_the_style_sheet_and_the_configuration_use_the_palette() -> None:
    for name in ("card", "ink", "muted", "line", "accent", "image", "text", "star"):
        assert f"--ns-{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)})" in CSS
    for theme, section in ((LIGHT, CONFIG["theme"]["light"]), (DARK, CONFIG["theme"]["dark"])):
        assert section["backgroundColor"] == theme.background
        assert section["secondaryBackgroundColor"] == theme.card
        assert section["textColor"] == theme.ink
        assert section["primaryColor"] == theme.accent
        assert section["borderColor"] == theme.line


def test_braces_in_the_style_sheet_are_balanced() -> None:
    for css in (CSS, RESULTS_CSS):
        assert css.count("{") == css.count("}") > 50
        assert all(len(line) <= 120 for line in css.splitlines())


def test_nothing_is_fetched_from_the_network() -> None:
    for file in [*PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.toml")]:
        if "node_modules" in file.parts:
            continue
        written = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")  # names of XML vocabularies
        assert not re.search(r"https?://|@import|url\(\s*['\"]?//", written), file
    for face in CONFIG["theme"]["fontFaces"]:
        assert (PACKAGE / face["url"].removeprefix("app/")).is_file()


def test_usage_statistics_are_off_and_the_browsers_protections_on() -> None:
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert not {"enableCORS", "enableXsrfProtection"} & set(CONFIG["server"])


def test_the_configuration_names_only_options_that_streamlit_knows() -> None:
    from streamlit import config

    known = set(config._config_options_template)
    for section, values in CONFIG.items():
        for name, value in values.items():
            if isinstance(value, dict):
                assert {f"{section}.{name}.{option}" for option in value} <= known
            else:
                assert f"{section}.{name}" in known
    assert [int(part) for part in streamlit.__version__.split(".")[:2]] >= [1, 60]


def test_modalities_are_distinguishable_with_red_green_colour_blindness() -> None:
    # Blue against yellow is what they see: the difference of the blue channel from the mean of the other two.
    def blueness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return blue - (red + green) / 2

    for image, text in (
        (LIGHT.image, LIGHT.text),
        (DARK.image, DARK.text),
        (MAP_MODALITY["image"], MAP_MODALITY["text"]),
    ):
        assert blueness(text) - blueness(image) > 80
