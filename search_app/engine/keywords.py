"""Words as people type them, made into full-text expressions of SQLite's FTS5; nothing typed is ever its syntax."""

import re
import unicodedata

from ingest.space.derived import spaced

MOST_WORDS = 32
"""Words of a query that are looked for; a pasted page has more, and none of the others would matter."""
_LONGEST_WORD = 100
_QUOTED = re.compile(r'(?<!\S)"([^"]*)"(?!\w)|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»')


def phrase(words: str, column: str = "") -> str:
    """An expression for items that say `words` next to one another, in `column` if one is named; '' for no words.

    Upper and lower case, accents and signs between the words do not matter.  A final `*` lets the last word go on.
    """
    tokens = tokens_of(words)
    if not tokens:
        return ""
    more = " *" if words.rstrip().endswith("*") else ""
    within = f"{column} : " if column else ""
    return f'{within}"{" ".join(tokens)}"{more}'


def tokens_of(words: str) -> list[str]:
    """The words of a text as FTS5's unicode61 splits them: runs of letters and digits, at most MOST_WORDS."""
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in spaced(words[:10_000]))
    return [token[:_LONGEST_WORD] for token in kept.split()][:MOST_WORDS]


def quoted(text: str) -> tuple[str, ...]:
    """The phrases that stand in quotation marks in `text`."""
    found = ("".join(groups).strip() for groups in _QUOTED.findall(text))
    return tuple(dict.fromkeys(part for part in found if part))
