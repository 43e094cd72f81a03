"""Every setting, once: its type, its default, and a sentence that the settings page prints.

The environment sets a field by its name in capitals with the prefix ``PODCASTSVC_``. A secret may also come from a
file named by the same variable with ``_FILE`` at its end. Nothing else in the project reads the environment.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from podcastsvc.errors import Misconfigured
from podcastsvc.kit.language import is_known

PREFIX = "PODCASTSVC_"
STREAMED_AUDIO = "txcd_10401200"
"""Stripe's product tax code for "Digital Audio Works - Streamed - Subscription - With Conditional Rights"."""
MIB = 1024 * 1024
_TAX_CODE = re.compile(r"txcd_\d{8}")
_RUNNING_PER_CORE = 4
# Pages, and three kinds of quick answers (``web/apps/quick.py``), which have turns of their own.
_KINDS_OF_WORK = 4
_TRUTH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def _setting(default: Any, sentence: str, *, secret: bool = False, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"sentence": sentence, "secret": secret, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one installation; frozen, made once at the start by ``read_settings``."""

    base_url: str = _setting("http://127.0.0.1:8000", "The site's canonical address, without a slash at its end.")
    data: Path = _setting(Path("var"), "Folder for the database, uploads, caches, letters and the key.")
    episodes: str = _setting("episodes", "Folder with the shows and episodes, or s3://bucket/prefix.")
    database_url: str = _setting("", "Database; empty means SQLite in the data folder.", secret=True)
    media_url: str = _setting("", "Where published audio lies: empty means the data folder, or s3://bucket/prefix.")
    s3_endpoint: str = _setting("", "Address of the object store, where it is not Amazon's.")
    s3_region: str = _setting("us-east-1", "Region of the object store.")
    s3_access_key: str = _setting("", "Access key of the object store.", secret=True)
    s3_secret_key: str = _setting("", "Secret key of the object store.", secret=True)
    smtp_url: str = _setting(
        "", "Mail server, smtp://user:password@host:587; empty writes letters to data/mail.", secret=True
    )
    mail_from: str = _setting("", "Sender of letters; empty means the show's owner address.")
    stripe_secret_key: str = _setting("", "Stripe's secret key; a restricted key (rk_…) is recommended.", secret=True)
    stripe_webhook_secrets: tuple[str, ...] = _setting(
        (), "Signing secrets of the webhook, comma separated.", secret=True
    )
    payments_mode: str = _setting("", "Forces payments off, or onto the stand-in.", choices=("", "off", "sim"))
    tax_mode: str = _setting(
        "off",
        "Who works out taxes: nobody, Stripe Tax for you, or Stripe as the seller in your place (managed).",
        choices=("off", "stripe_tax", "managed"),
    )
    tax_behavior: str = _setting(
        "inclusive",
        "Whether prices made from now on hold the tax, or it comes on top.",
        choices=("inclusive", "exclusive"),
    )
    tax_code: str = _setting(STREAMED_AUDIO, "Stripe's product tax code of plans and gifts.")
    past_due_grace_days: int = _setting(21, "Days that a member keeps access after a failed payment.")
    trusted_proxies: int = _setting(0, "How many proxies stand in front and set X-Forwarded-For.")
    x_accel_redirect: bool = _setting(
        False, "Lets nginx in front send the audio of the data folder, if it is set up as docs/nginx.md says."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8000, "Port to listen on.")
    workers: int = _setting(2, "Server processes.")
    threads: int = _setting(
        256,
        "Threads of one server process: for requests that run, that wait for their turn, or that have slow readers.",
    )
    languages: tuple[str, ...] = _setting(
        ("en", "es"), "Languages of the site; the first has addresses without a prefix."
    )
    feed_full_notes_items: int = _setting(100, "How many of the newest items carry their full notes.")
    feed_max_items: int = _setting(1000, "Items on a feed's first page.")
    feed_page_items: int = _setting(500, "Items on each further page of a feed.")
    member_title_suffix: str = _setting(" (members)", "What stands behind the show's title in a member feed.")
    member_requests_per_hour: int = _setting(120, "Feed answers (other than 304) for one feed token in an hour.")
    share_networks: int = _setting(
        8,
        "Networks in a day beyond which a member's link looks shared, if more apps use it than SHARE_APPS says. It is "
        "shown to host and member; nothing is cut off.",
    )
    share_apps: int = _setting(4, "Apps in a day beyond which a link looks shared, together with SHARE_NETWORKS.")
    overcast_ping: bool = _setting(False, "Tells Overcast of new episodes, so that its listeners have them sooner.")
    websub_hub: str = _setting("", "Address of a WebSub hub that is told of new public episodes; empty means none.")
    podping_token: str = _setting(
        "", "Token for podping.cloud, which is then told of new public episodes.", secret=True
    )
    op3: bool = _setting(
        False, "Leads public downloads by op3.dev, which counts them in public. Changes every audio address once."
    )
    signed_url_hours: int = _setting(24, "How long a signed address of the object store works.")
    old_audio_days: int = _setting(7, "How long replaced audio stays at its old address.")
    max_audio_mib: int = _setting(1024, "Largest audio file, in MiB.")
    user_agents: str = _setting(
        "", "Folder with newer lists of podcast apps (user-agents-v2 format); empty means our own."
    )
    uncounted_networks: tuple[str, ...] = _setting(
        (), "Networks whose downloads are not counted, such as 203.0.113.0/24, comma separated."
    )
    log_format: str = _setting(
        "auto", "How log lines look; auto means text on a terminal, else JSON.", choices=("auto", "text", "json")
    )
    log_level: str = _setting(
        "info", "Least grave log lines that are written.", choices=("debug", "info", "warning", "error")
    )

    @property
    def database(self) -> str:
        """The database's address; SQLite in the data folder unless set."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'podcastsvc.db'}"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        """Whether the canonical address is this machine only, which is what makes payments simulated by default."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def mode_of_payments(self) -> str:
        """``stripe``, ``sim`` or ``off`` (``payments.md`` 2): simulated only on a loopback address."""
        if self.payments_mode:
            return self.payments_mode
        if self.stripe_secret_key:
            return "stripe"
        return "sim" if self.is_loopback else "off"

    @property
    def running(self) -> int:
        """Requests that one process works on at the same moment: 4 for each core it has to itself (rule T-H4).

        They need a processor: what waits for a sender, a reader or Stripe is not among them. Sixteen that share one are
        each answered later, the slowest of a hundred in twice the time. Never more than half the threads: the others are
        for answers that wait for a slow reader, and for requests that wait for their turn.
        """
        return max(1, min(_RUNNING_PER_CORE * count_cores() // self.workers, self.threads // 2))

    @property
    def running_in_all(self) -> int:
        """Requests of all kinds that one process works on at the same moment; never more than half its threads."""
        return max(1, min(_KINDS_OF_WORK * self.running, self.threads // 2))

    @property
    def default_language(self) -> str:
        return self.languages[0]


def count_cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_network(written: str) -> bool:
    try:
        ipaddress.ip_network(written, strict=False)
    except ValueError:
        return False
    return True


def read_settings(environ: Mapping[str, str] | None = None, *, serves: bool = True) -> Settings:
    """Settings from the environment. Raises Misconfigured, naming every variable that is unknown or has a bad value.

    With ``serves=False``, for commands, what only a running site needs may be missing: one of them makes it.
    """
    environ = os.environ if environ is None else environ
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX).lower()
        from_file = name.removesuffix("_file") if name not in known and name.endswith("_file") else None
        setting = known.get(from_file or name)
        if setting is None:
            problems.append(f"{variable}: there is no such setting. `podcastsvc settings` lists them all.")
            continue
        try:
            raw = environ[variable]
            if from_file is not None:
                raw = Path(raw).read_text(encoding="utf-8").strip()
            values[setting.name] = _read_value(setting.default, raw, setting.metadata["choices"])
        except (ValueError, OSError) as problem:
            problems.append(f"{variable}: {problem}")
    if not problems:
        settings = Settings(**values)
        problems = _list_problems(settings) + (_list_gaps(settings) if serves else [])
        if not problems:
            return settings
    raise Misconfigured("\n".join(problems))


def _read_value(default: Any, raw: str, choices: tuple[str, ...]) -> Any:
    text = raw.strip()
    if isinstance(default, bool):
        if text.lower() not in _TRUTH:
            raise ValueError(f"{text!r} is neither on nor off")
        return _TRUTH[text.lower()]
    if isinstance(default, int):
        if not text.lstrip("-").isdigit():
            raise ValueError(f"{text!r} is not a whole number")
        return int(text)
    if isinstance(default, Path):
        return Path(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if choices and text not in choices:
        raise ValueError(f"{text!r} is none of {', '.join(choice or '(empty)' for choice in choices)}")
    # Kept exactly: the title suffix begins with a space on purpose.
    return raw if text else ""


def _list_problems(settings: Settings) -> list[str]:
    """What is wrong with values that are fine one by one."""
    problems = _list_address_problems(settings.base_url)
    for name in (
        "port",
        "workers",
        "threads",
        "feed_max_items",
        "feed_page_items",
        "max_audio_mib",
        "signed_url_hours",
        "share_networks",
        "share_apps",
    ):
        if getattr(settings, name) < 1:
            problems.append(f"{PREFIX}{name.upper()}: must be at least 1")
    for name in ("trusted_proxies", "past_due_grace_days", "feed_full_notes_items", "old_audio_days"):
        if getattr(settings, name) < 0:
            problems.append(f"{PREFIX}{name.upper()}: must not be below 0")
    for network in settings.uncounted_networks:
        if not _is_network(network):
            problems.append(f"{PREFIX}UNCOUNTED_NETWORKS: {network!r} is not a network such as 203.0.113.0/24")
    if settings.websub_hub and not settings.websub_hub.startswith("https://"):
        problems.append(f"{PREFIX}WEBSUB_HUB: {settings.websub_hub!r} is not an address that begins with https://")
    if settings.x_accel_redirect and not settings.trusted_proxies:
        problems.append(f"{PREFIX}X_ACCEL_REDIRECT: needs nginx in front, so set {PREFIX}TRUSTED_PROXIES=1 too")
    return problems + _list_language_problems(settings.languages) + _list_payment_problems(settings)


def _list_language_problems(languages: tuple[str, ...]) -> list[str]:
    name = f"{PREFIX}LANGUAGES"
    problems = [
        f"{name}: {code!r} is not a language's code such as en, es or pt-br" for code in languages if not is_known(code)
    ]
    if not languages:
        problems.append(f"{name}: name at least one language, such as en")
    if len(set(languages)) < len(languages):
        problems.append(f"{name}: name each language once")
    return problems


def _list_address_problems(base_url: str) -> list[str]:
    base = urlsplit(base_url)
    if base.scheme not in {"http", "https"} or not base.hostname or base.query or base.fragment or base.username:
        return [f"{PREFIX}BASE_URL: {base_url!r} is not an address such as https://show.example"]
    return [f"{PREFIX}BASE_URL: the site needs a host of its own; leave out {base.path!r}"] if base.path else []


def _list_payment_problems(settings: Settings) -> list[str]:
    key, mode = settings.stripe_secret_key, settings.mode_of_payments
    problems = []
    if mode == "sim" and key.startswith(("sk_live_", "rk_live_")):
        problems.append(
            f"{PREFIX}PAYMENTS_MODE: the stand-in refuses to run beside a live Stripe key; unset one of them"
        )
    if mode == "sim" and not (settings.is_loopback and is_loopback(settings.host)):
        problems.append(
            f"{PREFIX}PAYMENTS_MODE: simulated payments run only on this machine's own address; "
            "set BASE_URL and HOST to 127.0.0.1, or PAYMENTS_MODE=off"
        )
    if mode == "stripe" and not key.startswith(("sk_test_", "rk_test_", "sk_live_", "rk_live_")):
        problems.append(f"{PREFIX}STRIPE_SECRET_KEY: a key begins sk_test_, rk_test_, sk_live_ or rk_live_")
    if settings.tax_mode != "off" and not _TAX_CODE.fullmatch(settings.tax_code):
        problems.append(f"{PREFIX}TAX_CODE: {settings.tax_code!r} is not a product tax code such as {STREAMED_AUDIO}")
    return problems


def _list_gaps(settings: Settings) -> list[str]:
    """What a site needs before it can be served, and a command makes."""
    if settings.mode_of_payments == "stripe" and not settings.stripe_webhook_secrets:
        why = "is needed with a key, or notices could not be checked; `podcastsvc payments connect` makes one"
        return [f"{PREFIX}STRIPE_WEBHOOK_SECRETS: {why}"]
    return []


def list_settings(settings: Settings) -> list[dict[str, str]]:
    """Each setting as name, value, default and sentence, for people; the values of secrets are hidden."""
    rows = []
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        shown = "(set)" if setting.metadata["secret"] and value else _write_value(value)
        rows.append(
            {
                "name": PREFIX + setting.name.upper(),
                "value": shown,
                "default": _write_value(setting.default),
                "sentence": setting.metadata["sentence"],
            }
        )
    return rows


def _write_value(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
