"""What a server must answer to ranges, validators and codings, said once more and quite differently than the product."""

import string
from dataclasses import dataclass

from hypothesis import strategies as st

# What HTTP lets a header's value hold: spaces, tabs, and everything that is visible.
_VISIBLE = "".join(chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x100)))

header_texts = st.text(_VISIBLE, max_size=40)


@dataclass(frozen=True)
class Part:
    """The status of the answer to a GET, and the bytes from ``start`` to before ``stop``."""

    status: int
    start: int = 0
    stop: int = 0


# ---- ranges (rule M5)


def expect_part(header: str, length: int) -> Part:
    """By the words of rule M5: one range that can be read gives 206 or 416, anything else the whole."""
    unit, equals, listed = header.partition("=")
    wanted = [spec.strip(" \t") for spec in listed.split(",") if spec.strip(" \t")]
    if unit.strip(" \t").lower() != "bytes" or not equals or len(wanted) != 1 or wanted[0].count("-") != 1:
        return Part(200, 0, length)
    first, last = wanted[0].split("-")
    if not (first or last) or any(digit not in string.digits for digit in first + last):
        return Part(200, 0, length)
    if not first:
        count = int(last)
        return Part(206, max(length - count, 0), length) if count else Part(416)
    if last and int(last) < int(first):
        return Part(200, 0, length)
    if int(first) >= length:
        return Part(416)
    return Part(206, int(first), min(int(last), length - 1) + 1 if last else length)


_numbers = st.one_of(
    st.just(""),
    st.integers(0, 1_200).map(str),
    st.sampled_from(["0", "1", "999", "1000", "1001", "0000999", "9" * 25]),
    st.text("0123456789 x.+\xb2", max_size=4),
)
_specs = st.one_of(
    st.tuples(_numbers, _numbers).map("-".join),
    st.text("0123456789-, =x", max_size=12),
)
range_headers = st.one_of(
    st.tuples(
        st.sampled_from(["bytes", "Bytes", "BYTES", "byte", "items", "pages", ""]),
        st.sampled_from(["=", "=", "=", " = ", "", "=="]),
        st.lists(_specs, min_size=1, max_size=3).map(", ".join),
    ).map("".join),
    header_texts,
)


# ---- If-None-Match (rule F4)


@dataclass(frozen=True)
class TagList:
    """A list of entity tags as a client sends it; ``names_ours`` where one of them is ours, weak or strong."""

    header: str
    names_ours: bool


@st.composite
def tag_lists(draw, ours: tuple[str, ...]) -> TagList:
    """``*``, or well-formed lists of tags, some of which are ``ours`` (quotes included)."""
    if draw(st.integers(0, 9)) == 0:
        return TagList(draw(st.sampled_from(["*", " * ", "\t*"])), names_ours=True)
    strange = st.text(_VISIBLE.replace('"', "").replace(" ", ""), max_size=12).map(lambda text: f'"{text}"')
    tags = draw(st.lists(st.one_of(st.sampled_from(ours), strange), min_size=1, max_size=4))
    marked = [draw(st.sampled_from(["", "W/"])) + tag for tag in tags]
    header = draw(st.sampled_from([",", ", ", " , ", ",,", "\t,"])).join(marked)
    return TagList(header, names_ours=any(tag in ours for tag in tags))


# ---- Accept-Encoding (rule F6)


@dataclass(frozen=True)
class Codings:
    header: str
    takes_gzip: bool


_WEIGHTS = {
    None: True, "0": False, "0.": False, "0.0": False, "0.000": False, "0.001": True, "0.5": True, "1": True, "1.000": True,
}  # fmt: skip


@st.composite
def codings(draw) -> Codings:
    """Headers with each coding at most once; gzip counts if it is named with a weight, else if "*" is (RFC 9110 12.5.3)."""
    names = st.sampled_from(["gzip", "deflate", "br", "zstd", "identity", "*", "compress"])
    chosen = draw(st.lists(names, unique=True, max_size=5))
    weights = {name: draw(st.sampled_from(list(_WEIGHTS))) for name in chosen}
    parts = []
    for name, weight in weights.items():
        written = draw(st.sampled_from([name, name.upper(), name.title()]))
        if weight is not None:
            written += draw(st.sampled_from([";q=", "; q=", " ; q=", ";Q=", ";\tq="])) + weight
        parts.append(written)
    header = draw(st.sampled_from([",", ", ", " ,", ",,"])).join(parts)
    deciding = "gzip" if "gzip" in weights else "*"
    return Codings(header, takes_gzip=deciding in weights and _WEIGHTS[weights[deciding]])
