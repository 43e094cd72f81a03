"""Words as a search compares them: without accents and case, singular and plural as one. The same for every language."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MOST_WORD_CHARS = 40
"""What a word has beyond so many characters is not looked at."""

# Scripts that are written without spaces: each of their characters counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(r"[^\W_]+")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_ANY_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a text a word stands, and what it is compared by."""

    start: int
    end: int
    word: str


def fold(text: str) -> str:
    """Without accents, case, and other differences that people do not type: "Pódcast" and "podcast" become one."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text)
    return "".join(each for each in spread if not unicodedata.combining(each)).casefold()


def list_words(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    return [word[:MOST_WORD_CHARS] for word in _find_words(fold(text))]


def list_spans(text: str) -> Iterator[Span]:
    """The words of a text where they stand in it."""
    pattern = _ANY_WORD if _UNSPACED_CHARACTER.search(text) else _WORD
    for found in pattern.finditer(text):
        yield Span(found.start(), found.end(), fold(found.group())[:MOST_WORD_CHARS])


def stem(word: str) -> str:
    """What a folded word has in common with its plural, in English and Spanish.

    Takes off so little that neither language has to be known: "empires" and "empire", "countries" and "country",
    "canciones" and "canción" are one; "notes" and "not" are two. What it gives for a beginning of a plural ("countrie")
    is what it gives for the whole.
    """
    if len(word) > 4 and word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    if len(word) > 4 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "y":
        word = word[:-1] + "i"
    return word


def list_variants(stemmed: str) -> list[str]:
    """Every folded word that ``stem`` cuts to one."""
    head = stemmed.removesuffix("i")
    tried = {base + ending for base in (stemmed, f"{head}y") for ending in ("", "e", "s", "es")}
    return sorted(word for word in tried if stem(word) == stemmed)


def compile_word(word: str, *, is_beginning: bool = False) -> re.Pattern[str]:
    """What finds a word, or another of the same stem, in a folded text; also as a beginning of longer ones."""
    ways = [re.escape(each) for each in list_variants(stem(word))]
    if _UNSPACED_CHARACTER.search(word):
        return re.compile("|".join(ways))
    longer = f"|{re.escape(word)}[^\\W_]*" if is_beginning else ""
    return re.compile(f"(?<![^\\W_])(?:{'|'.join(ways)}{longer})(?![^\\W_])")


def _find_words(folded: str) -> list[str]:
    pattern = _ANY_WORD if _UNSPACED_CHARACTER.search(folded) else _WORD
    return pattern.findall(folded)
