"""Faults: what goes wrong on purpose, switched on per test or on the overview page."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

Answering = Literal["", "429", "500", "time-out", "cut", "answer-lost"]
Async = Literal["", "succeeds", "fails", "waits"]
Ending = Literal["cancel", "unpaid", "past_due"]

# A time-out over HTTP holds a server thread, so it is bounded; clients wait 20 s at most.
MAX_WAIT_SECONDS = 25


@dataclass(frozen=True, slots=True)
class Faults:
    """Every switch; the default is a Stripe on its best day."""

    duplicate_notices: bool = False
    """Each notice is sent twice."""
    reorder_notices: bool = False
    """Notices that wait together are sent newest first."""
    drop_notices: bool = False
    """Notices are listed but never sent."""
    delay_seconds: int = 0
    """Notices wait this long, by the stand-in's clock."""
    answer: Answering = ""
    """How requests to the API end. ``answer-lost`` does the work and then cuts the connection."""
    answer_times: int = 0
    """How many requests end so; 0 means all, until it is switched off."""
    answer_path: str = ""
    """Only requests whose path begins so, such as ``/v1/checkout``; empty means all."""
    wait_seconds: int = 21
    """How long a time-out over HTTP holds the connection; in process it is reported at once."""
    forbidden: str = ""
    """Nouns that the key may not touch, separated by spaces, such as ``customers refunds``."""
    unpaid: Async = ""
    """Checkout completes unpaid, as with a bank transfer, and settles three days later; ``waits`` never by itself."""
    refunds_fail: bool = False
    """Refunds are accepted and fail a day later."""
    finalizing_fails: bool = False
    """Renewal invoices cannot be finalized, as when a tax address is missing; they are tried again a day later."""
    unknown_status: str = ""
    """Subscriptions answer with this word as their status."""
    after_last_retry: Ending = "cancel"
    """What happens to a subscription whose last retry failed; a setting of the account rather than a fault."""

    def as_values(self) -> dict[str, Any]:
        """For keeping as JSON."""
        return asdict(self)

    @property
    def any_on(self) -> bool:
        return self != Faults()


def read_faults(values: dict[str, Any]) -> Faults:
    """Faults from kept JSON or a form. Raises ValueError for a value that a switch does not have."""
    known = {field.name: field for field in fields(Faults)}
    faults = Faults()
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"there is no fault named {name!r}")
        faults = replace(faults, **{name: _read_value(name, getattr(Faults(), name), value)})
    return faults


_WORDS = {"answer": get_args(Answering), "unpaid": get_args(Async), "after_last_retry": get_args(Ending)}


def _read_value(name: str, default: Any, value: Any) -> Any:
    if isinstance(default, bool):
        return value in (True, "on", "true", "1")
    if isinstance(default, int):
        number = int(value or 0)
        if not 0 <= number <= (MAX_WAIT_SECONDS if name == "wait_seconds" else 10_000_000):
            raise ValueError(f"{name} cannot be {number}")
        return number
    if name in _WORDS and value not in _WORDS[name]:
        raise ValueError(f"{name} cannot be {value!r}")
    return str(value)
