"""YAML with line numbers, read safely: a mapping whose values know where they stand, for messages a host can act on."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import yaml

from podcastsvc.catalogue.remarks import NOT_UTF8, Unreadable
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_text

LIMIT_BYTES = 64 * 1024
_LIMIT_DEPTH = 12


_NOTHING = ("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"))


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases, which could make a small file unfold to gigabytes.

    Words without quotes stay as they are written: YAML would make 750 of the title ``12:30``, 141 of the episode
    ``0215``, and "false" of the Norwegian language. Whoever reads a value knows which type it has.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not used here", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {first: [_NOTHING] for first in ("~", "n", "N", "")}


def read_mapping(raw: bytes, file: str, *, first_line: int = 1) -> tuple[dict[str, Any], dict[str, int]]:
    """A YAML mapping as plain values, and the line of each of its keys.

    ``first_line`` is where the YAML begins in its file. Texts are cleaned (rule T-F6). Raises Unreadable with file and
    line for what is too large, no UTF-8, no YAML, nested too deep, or no mapping.
    """
    _check_size(len(raw), file)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = first_line + raw[: problem.start].count(b"\n")
        raise Unreadable(file, NOT_UTF8, line) from None
    loader = _Loader(clean_text(text))
    try:
        node = _compose(loader, file, first_line)
        if node is None:
            return {}, {}
        lines = {str(key.value): key.start_mark.line + first_line for key, _value in node.value}
        with _translated(file, first_line):
            values = loader.construct_document(node)
    finally:
        loader.dispose()
    return {str(key): value for key, value in values.items()}, lines


def compose(text: str, file: str, *, first_line: int = 1) -> yaml.MappingNode | None:
    """The nodes of a YAML mapping with their places in ``text``; None where nothing is written. Raises Unreadable."""
    _check_size(len(text), file)
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as problem:
        line = first_line + text.count("\n", 0, problem.position)
        raise Unreadable(
            file,
            sentence(
                "this is not valid YAML: the character %(character)s has no place here.",
                character=f"U+{ord(text[problem.position]):04X}",
            ),
            line,
        ) from None
    try:
        return _compose(loader, file, first_line)
    finally:
        loader.dispose()


def _check_size(length: int, file: str) -> None:
    """No more than what is read in about a second (rule T-X7)."""
    if length > LIMIT_BYTES:
        raise Unreadable(
            file,
            sentence(
                "the YAML part is larger than %(limit)s KiB. Keep texts in the notes below it.",
                limit=LIMIT_BYTES // 1024,
            ),
        )


def _compose(loader: "_Loader", file: str, first_line: int) -> yaml.MappingNode | None:
    with _translated(file, first_line):
        node = loader.get_single_node()
        if node is None:
            return None
        if not isinstance(node, yaml.MappingNode):
            raise Unreadable(file, N_("write one 'key: value' a line here."), first_line)
        _check_depth(node, file, first_line)
        _check_keys(node, file, first_line)
        return node


@contextmanager
def _translated(file: str, first_line: int) -> Iterator[None]:
    """Faults of the YAML reader as Unreadable, with the file's line."""
    try:
        yield
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = first_line + (mark.line if mark else 0)
        raise Unreadable(
            file,
            sentence("this is not valid YAML: %(error)s. Quote values that hold a colon.", error=problem.problem),
            line,
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise Unreadable(file, sentence("this is not valid YAML: %(error)s", error=problem), first_line) from None


def _check_keys(node: yaml.MappingNode, file: str, first_line: int) -> None:
    seen: set[str] = set()
    for key, _value in node.value:
        line = key.start_mark.line + first_line
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(file, N_("a key is a word, not a list. Quote it if it begins with a bracket."), line)
        if key.value in seen:
            raise Unreadable(file, sentence("%(key)s stands here twice. Remove one.", key=repr(key.value)), line)
        seen.add(key.value)


def _check_depth(node: yaml.Node, file: str, first_line: int, depth: int = 0) -> None:
    if depth > _LIMIT_DEPTH:
        raise Unreadable(file, N_("this is nested too deep."), node.start_mark.line + first_line)
    for child in _children(node):
        _check_depth(child, file, first_line, depth + 1)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def is_text(value: object) -> bool:
    """Whether a YAML scalar can stand for a text: numbers and days typed without quotes are meant as written."""
    return isinstance(value, (str, int, float, date, datetime)) and not isinstance(value, bool)


def name_keys(values: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """The keys that nothing here knows, in the file's order."""
    return [key for key in values if key not in known]
