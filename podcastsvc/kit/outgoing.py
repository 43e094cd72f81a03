"""The one way to ask another machine at an address that came from data: guarded, limited, never by surprise (T-R1 to T-R3).

Stripe, the mail server and the object store have their own libraries, at addresses that the operator has set.
"""

import socket
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.language import N_

MOST_REDIRECTS = 3
CONNECT_SECONDS = 5
SILENCE_SECONDS = 30
AGENT = "podcastsvc (self-hosted podcast publisher)"

NOT_ALLOWED = N_("This address cannot be asked from here. Use a public http or https address.")
AWAY = N_("The other side did not answer. Try again later.")
TOO_LONG = N_("The other side sent more than fits. Nothing of it was used.")
TOO_MANY_TURNS = N_("The address leads from one to the next too often. Use the last one.")

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
# IANA's special-purpose address registries; what stands in them is no public host.
_SPECIAL_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_SPECIAL_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``headers`` by names in lower case, ``url`` is the address that gave it after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = 10,
    limit_bytes: int = 1024 * 1024,
    excepted: Collection[str] = (),
) -> Reply:
    """Asks, following at most three redirects; a redirected answer to anything but GET and HEAD is returned as it is.

    ``seconds`` is the limit of it all. ``excepted`` are ``host:port`` pairs that may be private, or on another port.
    Raises Invalid for an address that must not be asked, or an answer of more than ``limit_bytes``; Unavailable where
    nobody answers in time. Neither names the address, which may be a secret.
    """
    return _follow(method, url, headers or {}, body, _Limits(time.monotonic() + seconds, limit_bytes, excepted))


def fetch_into(file: BinaryIO, url: str, *, seconds: float, limit_bytes: int, excepted: Collection[str] = ()) -> Reply:
    """Gets a large body into an empty file, as ``send`` does; memory stays flat, and the reply's ``body`` is empty.

    Only what a good answer brings is written. Raises as ``send``, and Unavailable for a body that ends before its
    declared length; OSError of the file passes through.
    """
    limits = _Limits(time.monotonic() + seconds, limit_bytes, excepted, file)
    reply = _follow("GET", url, {}, b"", limits)
    declared = reply.headers.get("content-length", "")
    if reply.is_good and declared.isascii() and declared.isdigit() and int(declared) != file.tell():
        raise Unavailable(AWAY)
    return reply


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of one exchange with all its redirects; ``until`` by the monotonic clock. ``file`` takes the body instead of memory."""

    until: float
    limit_bytes: int
    excepted: Collection[str]
    file: BinaryIO | None = None


def _follow(method: str, url: str, headers: Mapping[str, str], body: bytes, limits: _Limits) -> Reply:
    guard.leaving("another machine")
    for _ in range(MOST_REDIRECTS + 1):
        reply = _send_once(method, url, {"User-Agent": AGENT, **headers}, body, limits)
        if reply.status not in _REDIRECTS or "location" not in reply.headers or method not in {"GET", "HEAD"}:
            return reply
        url = urljoin(url, reply.headers["location"])
    raise Invalid(TOO_MANY_TURNS)


def _send_once(method: str, url: str, headers: Mapping[str, str], body: bytes, limits: _Limits) -> Reply:
    import httpcore

    _check_url(url, limits.excepted)
    timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS, "pool": CONNECT_SECONDS}
    left = limits.until - time.monotonic()
    waits = {name: max(min(value, left), 0.001) for name, value in timeouts.items()}
    try:
        with (
            httpcore.ConnectionPool(network_backend=_make_backend(limits.excepted)) as pool,
            pool.stream(
                method, url, headers=list(headers.items()), content=body, extensions={"timeout": waits}
            ) as answer,
        ):
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            reply = Reply(answer.status, found, b"", url)
            if limits.file is not None and reply.is_good:
                for part in _take(answer.iter_stream(), limits):
                    limits.file.write(part)
                return reply
            return replace(reply, body=b"".join(_take(answer.iter_stream(), limits)))
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, UnicodeError) as problem:
        raise Unavailable(AWAY) from problem


def _take(parts: Iterable[bytes], limits: _Limits) -> Iterator[bytes]:
    """The parts of a body while they fit and come in time."""
    length = 0
    for part in parts:
        length += len(part)
        if length > limits.limit_bytes:
            raise Invalid(TOO_LONG)
        if time.monotonic() > limits.until:
            raise Unavailable(AWAY)
        yield part


def _check_url(url: str, excepted: Collection[str]) -> None:
    """Raises Invalid for another scheme or port, credentials, or what is no address at all (rule T-R1)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise Invalid(NOT_ALLOWED) from problem
    usual = _PORTS.get(parts.scheme)
    if usual is None or not parts.hostname or "@" in parts.netloc or not url.isascii():
        raise Invalid(NOT_ALLOWED)
    if (port or usual) not in _PORTS.values() and f"{parts.hostname}:{port}" not in excepted:
        raise Invalid(NOT_ALLOWED)


def _make_backend(excepted: Collection[str]) -> Any:
    """What opens connections for httpcore: to an address that has been looked at, which is the one in use (rule T-R2)."""
    import httpcore

    class Backend(httpcore.SyncBackend):
        def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> Any:
            return super().connect_tcp(_choose_address(host, port, excepted), port, *args, **options)

    return Backend()


def _choose_address(host: str, port: int, excepted: Collection[str]) -> str:
    """An address of a host. Raises Invalid where any of its addresses is not public, Unavailable where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unavailable(AWAY) from problem
    addresses = [str(entry[4][0]) for entry in found]
    if f"{host}:{port}" not in excepted and not all(is_public(address) for address in addresses):
        raise Invalid(NOT_ALLOWED)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one that everybody reaches (rule T-R2). Pure. What leads on to an IPv4 address counts as it.

    Source: IANA's special-purpose address registries.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        # With a zone such as "%eth0" it belongs to one link.
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _SPECIAL_4)
    inner = _find_inner(parsed)
    if inner is not None:
        return is_public(str(inner))
    return parsed in _GLOBAL_6 and not any(parsed in network for network in _SPECIAL_6)


def _find_inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
