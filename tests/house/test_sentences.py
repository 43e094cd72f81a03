"""What rooms say to people can be said in every language: no text is filled before its template is known."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "podcastsvc"
# What is said on a terminal, and by what plays Stripe, is English.
ENGLISH = (PACKAGE / "commands", PACKAGE / "billing" / "standin")
SPEAKING = {
    "Invalid",
    "Conflict",
    "NotFound",
    "NotAllowed",
    "TooMany",
    "Unavailable",
    "Unreadable",
    "Remark",
    "advise",
    "complain",
}
MARKING = {"sentence", "N_", "gettext"}


def name_call(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def list_spoken() -> Iterator[tuple[str, ast.expr]]:
    """Every argument of a call that says something to people, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(ENGLISH[0]) or path.is_relative_to(ENGLISH[1]):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and name_call(node) in SPEAKING:
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", argument


def list_unmarked(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all inside it, but nothing inside of what marks a text."""
    if isinstance(node, ast.Call) and name_call(node) in MARKING:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from list_unmarked(child)


def test_no_sentence_is_filled_before_it_is_translated():
    filled = {
        place
        for place, argument in list_spoken()
        for node in list_unmarked(argument)
        if isinstance(node, ast.JoinedStr)
    }

    assert filled == set(), "use sentence(template, name=value) of kit/language.py"


def test_every_plain_sentence_is_marked_for_translation():
    unmarked = {
        place
        for place, argument in list_spoken()
        for node in list_unmarked(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    }

    assert unmarked == set(), "mark it with N_"


def test_templates_of_sentences_are_literal():
    variable = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and name_call(node) == "sentence" and not isinstance(node.args[0], ast.Constant)
    }

    assert variable == set(), "only a literal is found for the catalogues"
