"""How much a passage reads like something that was written to be read: 1 for prose, 0 for tables of paths.

A short question lies close to many tables, lists and licence texts, as they name everything and tell nothing.  Ranking
therefore takes some closeness from passages of a low quality (see `search_app.search.ranking`).

Four shares are looked at, the first three in any language, and the weakest decides:

-   words: letters outside of paths, addresses, codes and mark-up, of all characters that are not white space;
-   running text: words between separators and words a line, as lists have few of either and no end of a sentence;
-   repetition: how far the text can be compressed, as filled-in forms repeat themselves;
-   terms: words that licences, terms of use and notices are made of, in the passage and in its title.

Of fewer than some 25 words no share tells much, so that captions, names and rows are never called junk for being
short.  The README of this folder has the figures measured.
"""

import re
import unicodedata
import zlib
from collections import Counter
from functools import lru_cache

from ingest.readers.caption_filler import without_filler

JUNK = 0.5
"""A passage of a lower quality is not prose: a list, a table, a licence text or other boilerplate."""

# Scripts that are written without spaces: their words end where a rule of the language says so.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u31f0-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
_TOKEN = re.compile(rf"[^\s{_UNSPACED}]+")
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")
_CODE = re.compile(r"[\\/_@=<>{}|#$^~`\d]|\w[.:]\w")
_SEPARATOR = re.compile(r"[,،|•·、，](?!\w)")
_SENTENCE_END = re.compile(r"[.!?…؟۔।][\"'”’»)\]]*(?:\s|$)|[。！？]")
_LETTERS = re.compile(r"[^\W\d_]{6,}")
_TERMS = frozenset(
    # The first six letters of each, in English, German, French, Spanish and Italian.
    "licens licenc sublic copyri copyle warran redist hereby herein hereun thereo therei pursua liabil liable mercha "  # noqa: SIM905
    "infrin patent tradem discla notwit jurisd waiver waives affirm royalt verbat indemn lizenz urhebe haftun gewähr "
    "nutzun unterl droits respon garant propri titula derech copyri reserv datens cookie privac subscr".split()
)
_WEAK_TERMS = frozenset(
    # The first eight letters of what other texts say as well: it counts where a term stands beside it.
    "distribu permissi conditio derivati modified modifica modifyin conveyed conveyin contribu software source object "  # noqa: SIM905
    "provided without propagat covered implied invarian publishe combined granted grants author authors notice "
    "recipien obligati damages".split()
)
_LEGAL_TITLE = re.compile(
    r"licen[cs]|lizenz|licencia|licenza|copyright|copying|copyleft|\b[al]?gpl\b|gfdl|\bcc[ -]?(?:0|by)|credits\b|"
    r"contributors|legal notice|third.party|terms (?:of|and)|privacy policy|nutzungsbedingungen|datenschutz|"
    r"impressum|\bagb\b|mentions légales|conditions générales|aviso legal",
    re.IGNORECASE,
)


def prose_quality(text: str, title: str = "") -> float:
    """The quality of a passage, 0 (junk) to 1 (prose); `title` is that of its document, with its heading."""
    characters = Counter(text)
    filled = sum(count for character, count in characters.items() if not character.isspace())
    if not filled or not without_filler(text):
        return 0.0
    letters = sum(count for character, count in characters.items() if _is_letter(character))
    unspaced = len(_UNSPACED_LETTER.findall(text)) if not text.isascii() else 0
    tokens = _TOKEN.findall(text)
    code = [token for token in tokens if _CODE.search(token)] if _CODE.search(text) else []
    words = len(tokens) - len(code) + unspaced / 2
    plain = letters - sum(map(_letters_in, code))
    quality = min(
        _ramp(plain / filled, 0.35, 0.65),
        _running(text, words),
        _unrepeated(text),
        _free_of_terms(text, title, words),
    )
    return 1.0 - (1.0 - quality) * _ramp(filled, 40, 140)


def names_terms(words: str) -> bool:
    """Whether a question or a title names licences, credits or terms of use."""
    return bool(_LEGAL_TITLE.search(words)) or any(word[:6].casefold() in _TERMS for word in _LETTERS.findall(words))


def _running(text: str, words: float) -> float:
    """Low where words are listed: between separators, or a few a line without the end of a sentence."""
    separators = len(_SEPARATOR.findall(text)) / max(words, 1)
    listed = _ramp(separators, 0.6, 0.3)
    lines = sum(1 for line in text.split("\n") if line.strip())
    if lines >= 5:
        ends = len(_SENTENCE_END.findall(text)) / lines
        listed = min(listed, max(_ramp(words / lines, 2, 5), _ramp(ends, 0.05, 0.3)))
    return 0.3 + 0.7 * listed


def _unrepeated(text: str) -> float:
    data = text.encode("utf-8", "replace")
    return _ramp(len(zlib.compress(data, 1)) / len(data), 0.1, 0.3) if len(data) >= 300 else 1.0


def _free_of_terms(text: str, title: str, words: float) -> float:
    found = [word.casefold() for word in _LETTERS.findall(text)]
    strong = float(sum(word[:6] in _TERMS for word in found))
    weak = sum(word[:8] in _WEAK_TERMS for word in found)
    titled = bool(_LEGAL_TITLE.search(title))
    terms = strong + 0.5 * weak + 1 if titled else strong + min(0.3 * weak, strong)
    return _ramp(terms / max(words, 25), 0.06, 0.025)


def _ramp(value: float, at_zero: float, at_one: float) -> float:
    """0 to 1 in proportion between two values, of which either may be the greater."""
    return min(max((value - at_zero) / (at_one - at_zero), 0.0), 1.0)


@lru_cache(4_096)
def _is_letter(character: str) -> bool:
    """Whether it is a letter, or a mark that goes with one, as vowels are in Arabic, Hindi and Thai."""
    return character.isalpha() or unicodedata.category(character)[0] == "M"


def _letters_in(token: str) -> int:
    return sum(map(_is_letter, token))
