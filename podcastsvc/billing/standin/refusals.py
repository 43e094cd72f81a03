"""Refusals: what the stand-in answers where Stripe would answer with an error, and how each reads as JSON.

Kinds, codes and parameter names are Stripe's, since the gateway decides by them; sentences are short ones of our own.
"""

from typing import Any


class Refusal(Exception):
    """An answer other than 2xx. ``keeps`` says that what was written before stays written, as after a declined card."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        decline_code: str = "",
        keeps: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.decline_code = decline_code
        self.keeps = keeps

    def as_body(self) -> dict[str, Any]:
        """The JSON body: ``{"error": {"type": …, "message": …}}`` with the fields that are known."""
        named = {"code": self.code, "decline_code": self.decline_code, "param": self.param}
        error = {"type": self.kind, "message": self.message}
        return {"error": error | {name: value for name, value in named.items() if value}}


def invalid(message: str, param: str = "", code: str = "") -> Refusal:
    """A request that cannot be carried out as it stands."""
    return Refusal(message, param=param, code=code)


def missing(noun: str, object_id: str, param: str = "id") -> Refusal:
    """``resource_missing``: 404 where the id is in the path, 400 where it is in a parameter, as Stripe answers."""
    return Refusal(
        f"No such {noun}: '{object_id}'", status=404 if param == "id" else 400, code="resource_missing", param=param
    )


def needed(param: str) -> Refusal:
    """A parameter that has to be there and is not."""
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def unknown(params: list[str]) -> Refusal:
    """Parameters this version does not have, such as ``payment_method_types``."""
    plural = "s" if len(params) > 1 else ""
    return invalid(f"Received unknown parameter{plural}: {', '.join(params)}", params[0], "parameter_unknown")


def unsupported(what: str, param: str = "") -> Refusal:
    """Something Stripe can do and the stand-in cannot; said plainly rather than answered wrongly."""
    return invalid(f"The stand-in for Stripe does not do this: {what}.", param, "standin_unsupported")


def declined(message: str, code: str, decline_code: str = "", *, keeps: bool = False) -> Refusal:
    """A card that was refused: 402 and ``card_error``."""
    return Refusal(message, status=402, kind="card_error", code=code, decline_code=decline_code, keeps=keeps)


def unauthorised(message: str) -> Refusal:
    """A key that is absent, live, or no secret key."""
    return Refusal(message, status=401)
