"""Pages and sheets made for a request go out compressed where the reader takes gzip; those kept are so already."""

import gzip
import io
import secrets

from flask import Response, request

_KINDS = frozenset({"text/html", "text/css"})
_LEAST_BYTES = 800
_LEVEL = 6
_PADDING_BYTES = 100


def compress_page(response: Response) -> Response:
    """Compresses a page that is not so yet. Its length then says nothing of secrets that stand beside words of the address:
    a name of random length in gzip's own head changes it with each answer (the attack called BREACH compares lengths)."""
    if response.mimetype not in _KINDS or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers or "ETag" in response.headers or not request.accept_encodings["gzip"] > 0:
        return response
    body = response.get_data()
    if len(body) >= _LEAST_BYTES:
        response.set_data(_pack(body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _pack(body: bytes) -> bytes:
    packed = io.BytesIO()
    name = "a" * (1 + secrets.randbelow(_PADDING_BYTES))
    with gzip.GzipFile(name, "wb", _LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
