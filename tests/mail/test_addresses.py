"""Addresses: which are readable, and which are one person's."""

import sys

import pytest

from podcastsvc.errors import Invalid
from podcastsvc.mail.addresses import mask_address, read_address


def test_case_and_spaces_around_do_not_matter():
    assert read_address("  Ben@Example.ORG ").email_key == read_address("ben@example.org").email_key


def test_letters_go_to_the_address_as_typed():
    assert read_address("Ben.B@Example.ORG").email == "Ben.B@example.org"


def test_tag_is_another_person_with_the_same_mailbox():
    plain, tagged = read_address("ben@example.org"), read_address("ben+news@example.org")

    assert plain.email_key != tagged.email_key
    assert plain.mailbox_key == tagged.mailbox_key


def test_domain_is_kept_as_dns_has_it():
    assert read_address("ben@bücher.example.org").email == "ben@xn--bcher-kva.example.org"


def test_no_other_letter_is_taken_for_an_ascii_one():
    ascii_keys = {
        read_address(f"b{letter}n@example.org").email_key for letter in "abcdefghijklmnopqrstuvwxyz0123456789"
    }
    alike = []
    for point in range(128, sys.maxunicode + 1):
        try:
            address = read_address(f"b{chr(point)}n@example.org") if chr(point).isalpha() and point < 0x3000 else None
        except Invalid:
            continue
        # The Kelvin sign is the same character as K in Unicode's canonical form, so letters go to "bKn" too.
        if address and address.email_key in ascii_keys and address.email.isascii() is False:
            alike.append(hex(point))

    assert alike == []


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ben",
        "ben@",
        "@example.org",
        "ben@localhost",
        "Ben <ben@example.org>",
        "ben@example.org, eve@example.org",
        "ben@example.org\nBcc: eve@example.org",
        "ben@[127.0.0.1]",
        '"ben eve"@example.org',
        "ben@example..org",
        "b\x00en@example.org",
        "\ud800@example.org",
        "x" * 300 + "@example.org",
    ],
)
def test_what_is_no_single_address_is_refused_in_words(raw):
    with pytest.raises(Invalid) as refused:
        read_address(raw)

    assert refused.value.fields == {"email": "Enter an e-mail address in the form name@example.org."}


def test_masked_address_shows_the_first_letter_and_the_domain():
    assert mask_address("marta@example.org") == "m•••@example.org"
