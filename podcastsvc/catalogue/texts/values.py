"""Single values out of a YAML mapping: each is read to its type, or complained about with its line and left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.texts.yamlfile import is_text
from podcastsvc.kit.language import sentence
from podcastsvc.kit.text import clean_line, clean_text, is_web_address

Texts = dict[str, str]

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def is_language(code: str) -> bool:
    """Whether a text in small letters has the form of a language's code: ``en``, ``es-mx`` (rule X10)."""
    return _LANGUAGE.fullmatch(code) is not None


@dataclass(slots=True)
class Reader:
    """Reads the values of one mapping and collects remarks; ``language`` is that of texts without one."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    language: str = "en"
    remarks: list[Remark] = field(default_factory=list)

    def complain(self, key: str, message: str) -> None:
        """Notes a mistake at the line of a key."""
        self.remarks.append(Remark(self.file, message, self.lines.get(key)))

    def text(self, key: str, *, limit_chars: int = 255) -> str:
        """One line of text; longer than the limit is cut, with advice. "" where there is none."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not is_text(value):
            self.complain(key, sentence("%(key)s must be a text, not %(value)s.", key=repr(key), value=_name(value)))
            return ""
        return self._fit(key, clean_line(str(value), limit_chars=1_000_000), limit_chars)

    def exact(self, key: str, *, limit_chars: int) -> str:
        """A name that apps compare byte for byte: only the white space around it is taken off (rule G1).

        One that is longer than the limit is a mistake, since what is cut is another name.
        """
        value = self.values.get(key)
        if value is None or not is_text(value):
            return self.text(key)
        name = str(value).strip(" \t\r\n")
        if len(name) <= limit_chars:
            return name
        self.complain(key, sentence("%(key)s is longer than %(count)s characters.", key=repr(key), count=limit_chars))
        return ""

    def texts(self, key: str, *, limit_chars: int = 255) -> Texts:
        """A text in one or several languages: ``title: Maps`` or ``title: {en: Maps, es: Mapas}``."""
        return self._read_texts(key, self.values.get(key), limit_chars)

    def texts_list(self, key: str, *, limit_chars: int = 255) -> list[Texts]:
        """A list of such texts."""
        return [self._read_texts(key, value, limit_chars) for value in self.entries(key)]

    def flag(self, key: str, *, default: bool = False) -> bool:
        """true or false, yes or no, on or off; the default where nothing is written."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if str(value).lower() in _FLAGS:
            return _FLAGS[str(value).lower()]
        self.complain(key, sentence("%(key)s must be true or false, not %(value)s.", key=repr(key), value=repr(value)))
        return default

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of a few words; the first is the default."""
        value = self.text(key).lower()
        if value and value not in allowed:
            self.complain(
                key,
                sentence(
                    "%(key)s must be one of these: %(allowed)s. It is %(value)s.",
                    key=repr(key),
                    allowed=", ".join(allowed),
                    value=repr(value),
                ),
            )
        return value if value in allowed else allowed[0]

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        """A whole number within bounds, else None."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.complain(
                key,
                sentence(
                    "%(key)s must be a whole number from %(least)s to %(most)s, not %(value)s.",
                    key=repr(key),
                    least=least,
                    most=most,
                    value=repr(value),
                ),
            )
            return None
        return value

    def address(self, key: str) -> str:
        """An http or https address, else ""."""
        value = self.text(key, limit_chars=2000)
        if not value:
            return ""
        if not is_web_address(value):
            self.complain(
                key,
                sentence(
                    "%(key)s must be an address that begins with https://, not %(value)s.",
                    key=repr(key),
                    value=repr(value),
                ),
            )
            return ""
        return value

    def entries(self, key: str) -> list[Any]:
        """A list; a single value counts as a list of one."""
        value = self.values.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def mapping(self, key: str) -> "Reader":
        """The mapping under a key; complaints name the key's line."""
        return self._inner(key, self.values.get(key))

    def mappings(self, key: str) -> list["Reader"]:
        """A list of mappings; a plain text in it counts as ``{name: text}``."""
        return [self._inner(key, {"name": value} if is_text(value) else value) for value in self.entries(key)]

    def _inner(self, key: str, value: Any) -> "Reader":
        if value is not None and not isinstance(value, Mapping):
            self.complain(
                key, sentence("%(key)s must hold 'key: value' pairs, not %(value)s.", key=repr(key), value=_name(value))
            )
            value = None
        inner = {str(name): each for name, each in (value or {}).items()}
        line = self.lines.get(key)
        lines = {} if line is None else dict.fromkeys(inner, line)
        return Reader(self.file, inner, lines, self.language, self.remarks)

    def _read_texts(self, key: str, value: Any, limit_chars: int) -> Texts:
        if value is None:
            return {}
        if is_text(value):
            value = {self.language: value}
        if not isinstance(value, Mapping):
            self.complain(
                key,
                sentence(
                    "%(key)s must be a text, or one text for each language, not %(value)s.",
                    key=repr(key),
                    value=_name(value),
                ),
            )
            return {}
        found = {}
        for language, text in value.items():
            if is_text(text):
                found[str(language).lower()] = self._fit(key, _fold(str(text)), limit_chars)
            elif text is not None:
                self.complain(
                    key,
                    sentence(
                        "the %(language)s text of %(key)s must be a text, not %(value)s.",
                        language=repr(language),
                        key=repr(key),
                        value=_name(text),
                    ),
                )
        return found

    def _fit(self, key: str, text: str, limit_chars: int) -> str:
        if len(text) > limit_chars:
            message = sentence(
                "%(key)s has %(count)s characters and is cut at %(most)s.",
                key=repr(key),
                count=len(text),
                most=limit_chars,
            )
            self.remarks.append(advise(self.file, message, self.lines.get(key)))
        return clean_text(text, limit_chars=limit_chars)


def _fold(text: str) -> str:
    return "\n".join(clean_line(line, limit_chars=1_000_000) for line in clean_text(text).strip().split("\n"))


def _name(value: Any) -> str:
    kinds = {
        bool: sentence("true or false"),
        list: sentence("a list"),
        dict: sentence("key: value pairs"),
        type(None): sentence("nothing"),
    }
    return kinds.get(type(value)) or repr(value)
