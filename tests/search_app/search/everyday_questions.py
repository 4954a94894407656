"""Questions as people type them, none of which a licence or a table of credits answers."""

from pathlib import PurePath

EVERYDAY = (
    "a red bird",
    "a bird on a branch",
    "a black cat",
    "a dog in the grass",
    "a boat on the water",
    "a red car",
    "an old steam train",
    "a bridge over a river",
    "a castle on a hill",
    "flowers in spring",
    "a cup of coffee",
    "fresh fruit",
    "something to eat",
    "mountains in the snow",
    "sunset at the beach",
    "the moon at night",
    "a guitar",
    "musical instruments",
    "tools for the garden",
    "a chair",
    "a picture of an animal",
    "my holiday by the sea",
    "how do I make bread",
    "how to look after a bicycle",
    "which dog is right for us",
    "what do hedgehogs eat",
    "how do bees find flowers",
    "where do penguins live",
    "learning to take photos",
    "free things to do outside",
)

ABOUT_TERMS = (
    "who made the picture of the rabbit",
    "credits of the pictures",
    "gnu general public license warranty",
    "creative commons waiver of copyright",
    "terms for copying and distributing the program",
    "free documentation license invariant sections",
)
"""Questions that a licence or the table of credits does answer."""


def is_junk(path: str) -> bool:
    """Whether a file of the sample is the table of credits or a licence."""
    return PurePath(path).name == "CREDITS.md" or PurePath(path).parent.name == "LICENSES"
