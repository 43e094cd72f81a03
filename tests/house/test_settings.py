"""Settings: read from the environment, refused with a message, and the page about them."""

from dataclasses import fields
from pathlib import Path

import pytest

from podcastsvc.errors import Misconfigured
from podcastsvc.settings import PREFIX, Settings, list_settings, read_settings

ROOT = Path(__file__).parents[2]


def test_without_an_environment_everything_has_a_value_that_works_on_a_laptop():
    settings = read_settings({})

    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database.startswith("sqlite:////")
    assert settings.mode_of_payments == "sim"


def test_values_are_read_to_their_types():
    settings = read_settings(
        {
            "PODCASTSVC_PORT": "9000",
            "PODCASTSVC_DATA": "/srv/show",
            "PODCASTSVC_LANGUAGES": "es, en",
            "PODCASTSVC_MEMBER_TITLE_SUFFIX": " +",
        }
    )

    assert (settings.port, settings.data, settings.languages) == (9000, Path("/srv/show"), ("es", "en"))
    assert settings.member_title_suffix == " +"


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("whsec_1,whsec_2\n")

    settings = read_settings({"PODCASTSVC_STRIPE_WEBHOOK_SECRETS_FILE": str(tmp_path / "secret")})

    assert settings.stripe_webhook_secrets == ("whsec_1", "whsec_2")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"PODCASTSVC_PROT": "1"}, "PODCASTSVC_PROT: there is no such setting"),
        ({"PODCASTSVC_PORT": "many"}, "PODCASTSVC_PORT: 'many' is not a whole number"),
        ({"PODCASTSVC_PORT": "0"}, "PODCASTSVC_PORT: must be at least 1"),
        ({"PODCASTSVC_BASE_URL": "show.example"}, "PODCASTSVC_BASE_URL: .*https://show.example"),
        ({"PODCASTSVC_BASE_URL": "https://show.example/pod"}, "a host of its own"),
        ({"PODCASTSVC_PAYMENTS_MODE": "sim", "PODCASTSVC_BASE_URL": "https://show.example"}, "this machine's own"),
        ({"PODCASTSVC_HOST": "0.0.0.0"}, "this machine's own"),
        (
            {"PODCASTSVC_PAYMENTS_MODE": "sim", "PODCASTSVC_STRIPE_SECRET_KEY": "sk_live_1"},
            "refuses to run beside a live",
        ),
        ({"PODCASTSVC_STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_WEBHOOK_SECRETS: is needed"),
        ({"PODCASTSVC_STRIPE_SECRET_KEY": "hello", "PODCASTSVC_STRIPE_WEBHOOK_SECRETS": "w"}, "a key begins sk_test_"),
        ({"PODCASTSVC_TAX_MODE": "vat"}, "PODCASTSVC_TAX_MODE"),
        ({"PODCASTSVC_TAX_MODE": "stripe_tax", "PODCASTSVC_TAX_CODE": "audio"}, "PODCASTSVC_TAX_CODE: 'audio' is not"),
        ({"PODCASTSVC_X_ACCEL_REDIRECT": "on"}, "X_ACCEL_REDIRECT: needs nginx in front"),
        ({"PODCASTSVC_SMTP_URL_FILE": "/nowhere/at/all"}, "PODCASTSVC_SMTP_URL_FILE: .*No such file"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_message_that_names_it(environ, message):
    with pytest.raises(Misconfigured, match=message):
        read_settings(environ)


def test_command_starts_without_the_webhook_secret_that_one_of_them_makes():
    settings = read_settings({"PODCASTSVC_STRIPE_SECRET_KEY": "sk_test_1"}, serves=False)

    assert (settings.mode_of_payments, settings.stripe_webhook_secrets) == ("stripe", ())


def test_every_mistake_is_named_at_once():
    with pytest.raises(Misconfigured) as raised:
        read_settings({"PODCASTSVC_PORT": "many", "PODCASTSVC_NOPE": "1"})

    assert "PORT" in raised.value.message
    assert "NOPE" in raised.value.message


def test_secrets_are_never_shown():
    settings = Settings(stripe_secret_key="sk_test_very_secret", smtp_url="smtp://ada:hunter2@mail.example")

    shown = str(list_settings(settings))

    assert "very_secret" not in shown
    assert "hunter2" not in shown


def test_a_public_address_without_a_key_has_payments_off():
    assert read_settings({"PODCASTSVC_BASE_URL": "https://show.example"}).mode_of_payments == "off"


def test_the_page_of_settings_names_every_setting():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert [field.name for field in fields(Settings) if f"`{PREFIX}{field.name.upper()}`" not in page] == []


def test_12_what_hosts_set_of_feeds_has_the_defaults_of_the_rules():
    settings = Settings()

    assert (settings.feed_full_notes_items, settings.feed_max_items, settings.feed_page_items) == (100, 1000, 500)
    assert settings.member_title_suffix == " (members)"
    assert (settings.past_due_grace_days, settings.member_requests_per_hour) == (21, 120)
    assert (settings.share_networks, settings.share_apps) == (8, 4)
    assert (settings.signed_url_hours, settings.old_audio_days, settings.trusted_proxies) == (24, 7, 0)
    assert not any((settings.overcast_ping, settings.websub_hub, settings.podping_token, settings.op3))
