"""Reading form bodies with nested brackets, as Stripe's clients write them, and their values.

``items[0][price]=price_1&metadata[order]=7`` becomes ``{"items": [{"price": "price_1"}], "metadata": {"order": "7"}}``.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from podcastsvc.billing.standin.refusals import invalid, needed, unknown

_PART = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
MAX_FIELDS = 1000
MAX_DEPTH = 12


def read_form(encoded: str) -> dict[str, Any]:
    """Nested dicts and lists of strings. Raises Refusal for names that are not well formed or contradict each other."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as problem:
        raise invalid("The request body could not be read as a form.") from problem
    tree: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name[:80]}", name[:80])
        _place(tree, [match[1], *_PART.findall(match[2])], value, name)
    return {name: _as_lists(name, value) for name, value in tree.items()}


def _place(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    """Puts one value at its path; ``a[]`` takes the next free number."""
    if len(path) > MAX_DEPTH:
        raise invalid(f"Invalid parameter name: {name[:80]} is nested too deeply.", path[0])
    node = tree
    for depth, part in enumerate(path):
        key = part or str(len(node))
        if depth == len(path) - 1:
            node[key] = value
            return
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid parameter: {name[:80]} is given both as a value and as an object.", path[0])
        node = child


def _as_lists(name: str, node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    children = {key: _as_lists(key, child) for key, child in node.items()}
    # Metadata is an object whatever its keys look like.
    if name != "metadata" and children and all(key.isascii() and key.isdigit() for key in children):
        return [children[key] for key in sorted(children, key=int)]
    return children


@dataclass(frozen=True, slots=True)
class Params:
    """Decoded parameters of one request, or of one nested object in it; ``where`` is the path that led here."""

    values: dict[str, Any]
    where: str = ""

    def name(self, key: str) -> str:
        """The parameter's full name, as error bodies give it: ``items[0][price]``."""
        return f"{self.where}[{key}]" if self.where else key

    def has(self, key: str) -> bool:
        return key in self.values

    def refuse_unknown(self, known: frozenset[str]) -> None:
        """Raises Refusal for parameters that this version of Stripe's API does not have."""
        strange = [self.name(key) for key in self.values if key not in known]
        if strange:
            raise unknown(strange)

    def text(self, key: str, default: str = "", *, max_chars: int = 5000) -> str:
        """A string; an empty one where it is absent or cleared."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {self.name(key)}", self.name(key))
        if len(value) > max_chars:
            raise invalid(f"Invalid string: {self.name(key)} must be at most {max_chars} characters", self.name(key))
        return value

    def require(self, key: str) -> str:
        """A string that has to be there. Raises Refusal with ``parameter_missing``."""
        value = self.text(key)
        if not value:
            raise needed(self.name(key))
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        """One of a set of words. Raises Refusal naming them all."""
        value = self.text(key, default)
        if value and value not in allowed:
            raise invalid(f"Invalid {self.name(key)}: must be one of {', '.join(allowed)}", self.name(key))
        return value

    def whole(self, key: str) -> int | None:
        """A whole number, None where absent or cleared."""
        value = self.text(key)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(f"Invalid integer: {value[:40]}", self.name(key), "parameter_invalid_integer")
        return int(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """``true`` or ``false``."""
        if key not in self.values:
            return default
        value = self.values[key]
        if value not in {"true", "false"}:
            raise invalid(f"Invalid boolean: {value!s:.40}", self.name(key))
        return bool(value == "true")

    def nested(self, key: str) -> "Params":
        """An object; an empty one where it is absent or cleared."""
        value = self.values.get(key) or {}
        if not isinstance(value, dict):
            raise invalid("Invalid object", self.name(key))
        return Params(value, self.name(key))

    def each(self, key: str) -> list["Params"]:
        """A list of objects."""
        value = self.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise invalid("Invalid array", self.name(key))
        return [Params(entry, f"{self.name(key)}[{number}]") for number, entry in enumerate(value)]

    def words(self, key: str) -> list[str]:
        """A list of strings."""
        value = self.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise invalid("Invalid array", self.name(key))
        return list(value)

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Metadata after this request: keys are merged, an empty value removes its key, an empty whole removes all."""
        kept = dict(before or {})
        if self.values.get("metadata") == "":
            return {}
        for key in self.nested("metadata").values:
            value = self.nested("metadata").text(key, max_chars=500)
            if len(key) > 40:
                raise invalid("Metadata keys are limited to 40 characters.", self.nested("metadata").name(key))
            kept[key] = value
        kept = {key: value for key, value in kept.items() if value}
        if len(kept) > 50:
            raise invalid("Metadata is limited to 50 keys.", self.name("metadata"))
        return kept
