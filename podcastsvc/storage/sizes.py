"""The size of a text column in bytes of UTF-8, in the words of both databases."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class count_bytes(FunctionElement[int]):  # noqa: N801 -- stands in statements like a function
    """Bytes of UTF-8 that a text takes."""

    name = "count_bytes"
    type = Integer()
    inherit_cache = True


@compiles(count_bytes)
def _anywhere(element: count_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **options)})"


@compiles(count_bytes, "sqlite")
def _on_sqlite(element: count_bytes, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite counts characters of a text and bytes of a blob; it has octet_length from 3.43 on only.
    return f"length(CAST({compiler.process(element.clauses, **options)} AS BLOB))"
