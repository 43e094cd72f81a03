"""The texts that each site has before its host writes others: privacy, terms, accessibility; as Markdown, in each language.

A host who writes ``pages/privacy.md`` has that in their place.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from podcastsvc.content.kinds import page
from podcastsvc.content.markup.rendering import Frame, Rendered, render

_FOLDER = Path(__file__).parent
_FALLBACK = "en"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")


def read_default(name: str, language: str, values: Mapping[str, str]) -> tuple[str, str, str]:
    """Title, Markdown and language of a default text; ``values`` fill ``{show}``, ``{email}``, ``{host}`` and
    ``{videos}``, a sentence about videos that play on pages or "".
    """
    code = language if (_FOLDER / f"{name}.{language}.md").is_file() else _FALLBACK
    title, _, body = _read_file(name, code).partition("\n")
    for key, value in values.items():
        body = body.replace(f"{{{key}}}", _MARKDOWN.sub(r"\\\1", value))
    return title.removeprefix("# ").strip(), body.strip(), code


def render_default(name: str, language: str, values: Mapping[str, str], own_host: str) -> tuple[str, Rendered, str]:
    """Title, rendering and language of a default text."""
    title, body, code = read_default(name, language, values)
    return title, render(body, Frame(f"{page.KIND.folder}/{name}", code, own_host)), code


@cache
def _read_file(name: str, code: str) -> str:
    return (_FOLDER / f"{name}.{code}.md").read_text(encoding="utf-8")
