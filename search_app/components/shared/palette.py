"""The colours of the app.  `style.css` and `.streamlit/config.toml` use the same ones; a test compares them."""

from dataclasses import dataclass

from ingest.readers.draft import Modality


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as #RRGGBB."""

    background: str
    card: str
    ink: str
    muted: str
    line: str
    accent: str
    image: str
    text: str
    star: str


LIGHT = Theme(
    background="#F6F4EE",
    card="#FFFFFF",
    ink="#1B2033",
    muted="#5B6072",
    line="#DDD8CB",
    accent="#4A3FC9",
    image="#A9470B",
    text="#0A6C80",
    star="#B8155F",
)
DARK = Theme(
    background="#10131F",
    card="#1A1F30",
    ink="#ECEBF2",
    muted="#A3A8BC",
    line="#30374D",
    accent="#A79FFF",
    image="#FFA05C",
    text="#57CBE0",
    star="#FF78AE",
)

# Marks on the map keep one colour in both themes: each stands out 3 to 1 from the light and the dark background.
MAP_MODALITY: dict[Modality, str] = {"image": "#DD6B20", "text": "#1597AB"}
MAP_STAR = "#E5237F"
MAP_OTHER = "#82879A"
MAP_FOLDERS = (
    "#3B7DD8",
    "#D0632A",
    "#2B9666",
    "#8F63DB",
    "#A98000",
    "#C2468F",
    "#1590A0",
    "#C9504C",
)
# For more categories: further colours, alternating between a dark and a light half of the colour wheel.
MAP_KINDS = (
    *MAP_FOLDERS,
    "#C33C53",
    "#28A188",
    "#6B5DD0",
    "#82990B",
    "#A74DAD",
    "#2595E3",
    "#A9580F",
    "#AE76E8",
    "#547C1C",
    "#E063A5",
    "#10798C",
    "#B48811",
)
# Sequential scales, by whether the theme is light: from close to its background to far from it.
SCALES = {
    True: ("#B9C4E0", "#8C8FD0", "#7A45B5", "#4B0A63"),
    False: ("#3F4673", "#7C62CF", "#E07BB0", "#FFDCA6"),
}
