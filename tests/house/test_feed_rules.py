"""Each numbered rule about feeds and media has tests, and they are there."""

import ast
import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.feed_rules import NUMBERS, PARTLY, RULES

TESTS = Path(__file__).parents[1]
# The page that the numbers come from is not part of the project; where it lies, it is compared.
PAGE = "feeds.md"
SECTIONS = {"3.1", "3.2", "3.3", "3.4", "6.1", "6.2", "6.3", "6.4", "8.1", "9.1"}


@cache
def list_tests(file: Path) -> frozenset[str]:
    """The names of the tests that a file holds."""
    body = ast.parse(file.read_text()).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_no_rule_is_missing_and_none_is_made_up():
    listed = list(RULES)

    assert set(NUMBERS) - set(listed) == set(), "rules without a row"
    assert set(listed) - set(NUMBERS) == set(), "rows without a rule"
    assert len(NUMBERS) == len(set(NUMBERS))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_tests_that_exist(rule):
    missing = []
    for node in RULES[rule]:
        file, _, name = node.partition("::")
        if not (TESTS / file).is_file() or name not in list_tests(TESTS / file):
            missing.append(node)

    assert RULES[rule]
    assert missing == []


@pytest.mark.parametrize("rule", PARTLY)
def test_what_is_left_of_a_rule_is_told_with_its_reason(rule):
    assert rule in RULES
    assert len(PARTLY[rule].split()) > 5

    pytest.skip(f"rule {rule} is kept in part: {PARTLY[rule]}")


def test_the_numbers_are_those_of_the_page(shared_data):
    page = Path(os.environ.get("PODCASTSVC_TEST_RULES", shared_data.parent / PAGE))
    if not page.is_file():
        pytest.skip(f"{page} is missing; name it with PODCASTSVC_TEST_RULES")
    text = page.read_text()

    rules = re.findall(r"\*\*([A-Z]\d+|\d\.\d)\*\*", text)
    rows = re.findall(r"^\| (T\d+) \|", text, re.MULTILINE)
    sections = [number for number in re.findall(r"^### (\d\.\d)", text, re.MULTILINE) if number in SECTIONS]

    assert sorted({*rules, *rows, *sections}) == sorted(NUMBERS)
