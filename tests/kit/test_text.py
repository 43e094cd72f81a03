"""Addresses are told from what only looks like one."""

import pytest

from podcastsvc.kit.text import is_web_address


@pytest.mark.parametrize(
    "text", ["https://example.org", "http://example.org:8080/a?b=c#d", "https://[2001:db8::1]/", "HTTPS://EXAMPLE.ORG/"]
)
def test_an_address_of_the_web_is_one(text):
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org/",
        "https:///path",
        "https://",
        "ftp://example.org/",
        "javascript:alert(1)",
        "mailto:ada@example.org",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://[::1",
        "https://bank.example@evil.example/",
        "https://ada:secret@example.org/",
        "https://@example.org/",
    ],
)
def test_what_is_no_address_or_hides_where_it_leads_is_none(text):
    assert not is_web_address(text)
