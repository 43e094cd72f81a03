"""The YAML head of a Markdown file: found, and changed key by key so that every other byte stays as it was."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from podcastsvc.catalogue.remarks import NOT_UTF8, Unreadable
from podcastsvc.catalogue.texts.yamlfile import compose
from podcastsvc.kit.language import N_

Value = str | bool | int | Sequence["Value"] | Mapping[str, "Value"] | None
"""What can be written: texts, numbers, flags, lists, mappings; None takes the key out."""

_BOM = b"\xef\xbb\xbf"
_OPEN = re.compile(rb"---[ \t]*\r?\n")
_CLOSE = re.compile(rb"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
# What stands in a stranger's file is matched without a way back, so that its length alone counts (rule T-X7).
_KEY = re.compile(rb"[ \t]*+[\"'{]?[A-Za-z_][\w -]*+[\"']?[ \t]*+:")
_SEARCHED_BYTES = 4096
_FOLDED = "\x7f\x85\u2028\u2029\ufeff"
_PLAIN = re.compile(r"\w(?:[\w ./+@:-]*[\w./+-])?")
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n?")
_COMMENT_AT_ONCE = re.compile(r"(?:#[^\n]*)?\r?\n?")
_TRAILING_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Parts:
    """A Markdown file cut in pieces that join to it again. ``head`` is the YAML between the fences, None without any.

    ``head_line`` and ``body_line`` are the lines of the file, from 1, at which they begin.
    """

    before: bytes
    head: bytes | None
    between: bytes
    body: bytes
    head_line: int
    body_line: int

    def join(self) -> bytes:
        return self.before + (self.head or b"") + self.between + self.body


def split(raw: bytes, file: str) -> Parts:
    """The parts of a file. Raises Invalid where a head is opened and not closed."""
    start = len(_BOM) if raw.startswith(_BOM) else 0
    opening = _OPEN.match(raw, start)
    if opening is None:
        return Parts(raw[:start], None, b"", raw[start:], 1, 1)
    closing = _CLOSE.search(raw, opening.end())
    if closing is None:
        if _begins_with_key(raw[opening.end() : opening.end() + _SEARCHED_BYTES]):
            raise Unreadable(
                file, N_("the front matter has no end. Write a line of three dashes (---) below its last key."), 1
            )
        return Parts(raw[:start], None, b"", raw[start:], 1, 1)
    head = raw[opening.end() : closing.start()]
    body_line = 3 + head.count(b"\n")
    return Parts(raw[: opening.end()], head, closing.group(), raw[closing.end() :], 2, body_line)


def _begins_with_key(head: bytes) -> bool:
    """Whether the first line that is neither empty nor a comment names a key."""
    for line in head.split(b"\n"):
        if line.strip() and not line.lstrip().startswith(b"#"):
            return _KEY.match(line) is not None
    return False


def edit(raw: bytes, changes: Mapping[str, Value], *, file: str, body: str | None = None) -> bytes:
    """The file with some keys changed, added or (None) taken out, and with another body if one is given.

    Other keys, comments, their order, the byte order mark and the kind of line ends stay. Raises Invalid where the
    head is no YAML mapping, or is written so that a change cannot be made safely.
    """
    parts = split(raw, file)
    newline = "\r\n" if b"\r\n" in raw else "\n"
    if changes:
        head = _decode(parts.head or b"", file)
        changed = _edit_head(head, changes, newline, file).encode()
        if parts.head is None and changed:
            fence = f"---{newline}".encode()
            parts = Parts(parts.before + fence, changed, fence, parts.body, 2, 3 + changed.count(b"\n"))
        elif parts.head is not None:
            parts = Parts(parts.before, changed, parts.between, parts.body, parts.head_line, parts.body_line)
    if body is not None:
        text = body.replace("\r\n", "\n").replace("\n", newline)
        between = (
            parts.between if parts.between.endswith(b"\n") or not parts.between else parts.between + newline.encode()
        )
        parts = Parts(parts.before, parts.head, between, text.encode(), parts.head_line, parts.body_line)
    return parts.join()


def write_guid(raw: bytes, guid: str, *, file: str) -> bytes:
    """The file with a line ``guid: …`` in its head, and every other byte as it was."""
    return edit(raw, {"guid": guid}, file=file)


def edit_mapping(raw: bytes, changes: Mapping[str, Value], *, file: str) -> bytes:
    """A file that is YAML as a whole, such as ``show.yaml``, with some keys changed, added or taken out, as ``edit`` does."""
    newline = "\r\n" if b"\r\n" in raw else "\n"
    return _edit_head(_decode(raw, file), changes, newline, file).encode()


def _decode(head: bytes, file: str) -> str:
    try:
        return head.decode()
    except UnicodeDecodeError as problem:
        line = 2 + head[: problem.start].count(b"\n")
        raise Unreadable(file, NOT_UTF8, line) from None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One key of the head with its lines ``start:end`` and the place where its value ends."""

    key: str
    start: int
    end: int
    value_end: int
    is_one_line: bool


def _edit_head(head: str, changes: Mapping[str, Value], newline: str, file: str) -> str:
    root = compose(head, file, first_line=2)
    if root is not None and root.flow_style:
        edited = _add_to_braces(head, root, changes, file)
    else:
        edited = _edit_lines(head, root, changes, newline)
    _check(head, edited, changes, file)
    return edited


def _edit_lines(head: str, root: yaml.MappingNode | None, changes: Mapping[str, Value], newline: str) -> str:
    entries = [] if root is None else _list_entries(head, root)
    indent = " " * (root.start_mark.column if root is not None else 0)
    edited = head
    for entry in reversed(entries):
        if entry.key not in changes:
            continue
        value = changes[entry.key]
        new = ""
        if value is not None:
            comment = _TRAILING_COMMENT.match(head, entry.value_end) if entry.is_one_line else None
            new = f"{indent}{entry.key}: {_write(value)}{comment[0] if comment else ''}{newline}"
        edited = edited[: entry.start] + new + edited[entry.end :]
    present = {entry.key for entry in entries}
    for key, value in changes.items():
        if key not in present and value is not None:
            edited += "" if not edited or edited.endswith("\n") else newline
            edited += f"{indent}{key}: {_write(value)}{newline}"
    return edited


def _list_entries(head: str, root: yaml.MappingNode) -> list[_Entry]:
    starts = [head.rfind("\n", 0, key.start_mark.index) + 1 for key, _ in root.value]
    entries = []
    for (key, value), start, following in zip(root.value, starts, [*starts[1:], len(head)], strict=True):
        end = _find_end(head, start, following, is_block=getattr(value, "style", None) in {"|", ">"})
        is_one_line = isinstance(value, yaml.ScalarNode) and "\n" not in head[start : value.end_mark.index]
        entries.append(_Entry(str(key.value), start, end, value.end_mark.index, is_one_line))
    return entries


def _find_end(head: str, start: int, following: int, *, is_block: bool) -> int:
    """Where an entry's own lines end: blank lines and comments before the next key belong to that."""
    lines = head[start:following].splitlines(keepends=True)
    no_more = _COMMENT_AT_ONCE if is_block else _BLANK_OR_COMMENT
    while len(lines) > 1 and no_more.fullmatch(lines[-1]):
        lines.pop()
    return start + sum(len(line) for line in lines)


def _add_to_braces(head: str, root: yaml.MappingNode, changes: Mapping[str, Value], file: str) -> str:
    if {str(key.value) for key, _ in root.value} & changes.keys():
        raise Unreadable(
            file,
            N_("the front matter is written in braces. Write one 'key: value' a line, so that it can be changed."),
            2,
        )
    added = ", ".join(f"{key}: {_write(value)}" for key, value in changes.items() if value is not None)
    at = root.start_mark.index + 1
    return head[:at] + added + (", " if root.value and added else "") + head[at:]


def _check(before: str, after: str, changes: Mapping[str, Value], file: str) -> None:
    """Reads the result back: what was not to change must not have changed."""
    old, new = _read_plain(before, file), _read_plain(after, file)
    expected = {key: value for key, value in old.items() if key not in changes}
    expected |= {key: _as_read(value) for key, value in changes.items() if value is not None}
    if new != expected:
        raise Unreadable(
            file, N_("the front matter is written in a way that cannot be changed safely. Change it by hand."), 2
        )


def _as_read(value: Value) -> object:
    """What a reader gets that takes every scalar as text."""
    if isinstance(value, Mapping):
        return {key: _as_read(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_read(inner) for inner in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _read_plain(head: str, file: str) -> dict[str, object]:
    root = compose(head, file, first_line=2)
    return {} if root is None else {str(key.value): _plain(value) for key, value in root.value}


def _plain(node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return node.value


def _write(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_write(inner)}" for key, inner in value.items() if inner is not None) + "}"
    return "[" + ", ".join(_write(inner) for inner in value or ()) + "]"


def _write_text(text: str) -> str:
    """Plain where no reader could take it for something else, else in quotes on one line."""
    resolver: Any = yaml.resolver.Resolver()
    # Readers make texts NFC; what must stay otherwise is written by the numbers of its characters.
    is_nfc = unicodedata.is_normalized("NFC", text)
    if (
        resolver.resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"
        and len(text) <= 200
        and _PLAIN.fullmatch(text)
        and ": " not in text
        and is_nfc
    ):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # Line ends of Unicode are line ends of YAML too, and would be folded.
    return "".join(
        character if character not in _FOLDED and (is_nfc or character.isascii()) else f"\\U{ord(character):08x}"
        for character in quoted
    )
