"""The catalogues: nothing is missing in another language, and what is filled into a text fits its translation."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from podcastsvc.kit.language import CATALOGUES, gettext

SCRIPT = Path(__file__).parents[2] / "scripts" / "translations.py"
LANGUAGES = sorted(path.name for path in CATALOGUES.iterdir() if path.is_dir())

# What a text has filled in: %(name)s by gettext and templates, {name} by code and scripts, %% for a per cent sign.
_GAPS = re.compile(r"%\([a-z_0-9]+\)[a-z]|\{[a-z_0-9]+\}|%%")


def test_every_text_is_translated_and_compiled() -> None:
    checked = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stdout.strip(), checked.stderr) == (0, "", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_its_source_says(language: str) -> None:
    texts = gettext(language)

    said = [_forms_said(texts, each) for each in _read(language)]

    assert said == [_forms(each.string) for each in _read(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_gaps_of_its_text_and_no_other(language: str) -> None:
    wrong = [each.id for each in _read(language) if not _has_same_gaps(each)]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_like_its_text(language: str) -> None:
    wrong = [
        text
        for each in _read(language)
        for text, translated in zip(_forms(each.id), _forms(each.string), strict=True)
        if _find_edges(text) != _find_edges(translated)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_shouted_at(language: str) -> None:
    loud = [each.id for each in _read(language) if "!" in "".join((*_forms(each.id), *_forms(each.string)))]

    assert loud == []


def test_one_and_many_are_told_apart_in_spanish() -> None:
    texts = gettext("es")

    said = [texts.ngettext("%(num)s episode", "%(num)s episodes", number) % {"num": number} for number in (0, 1, 2)]

    assert said == ["0 episodios", "1 episodio", "2 episodios"]


def _read(language: str) -> Iterator[Message]:
    source = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    return (each for each in read_po(io.BytesIO(source.read_bytes()), locale=language) if each.id)


def _forms(text: object) -> tuple[str, ...]:
    """One text, or the forms for one and many."""
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text),)


def _forms_said(texts: NullTranslations, message: Message) -> tuple[str, ...]:
    if not isinstance(message.id, (tuple, list)):
        return (texts.gettext(message.id),)
    one, many = message.id
    return texts.ngettext(one, many, 1), texts.ngettext(one, many, 2)


def _has_same_gaps(message: Message) -> bool:
    """Where there are forms for one and many, the form for one may write its number as a word in either language."""
    texts, translated = _forms(message.id), _forms(message.string)
    same = sorted(_GAPS.findall(texts[-1])) == sorted(_GAPS.findall(translated[-1]))
    return same and set(_GAPS.findall(translated[0])) <= set(_GAPS.findall("".join(texts)))


def _find_edges(text: str) -> tuple[str, str]:
    """White space at both ends, which pieces of a page rely on."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
