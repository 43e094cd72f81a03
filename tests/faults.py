"""Writes that fail once: the n-th statement or commit of a database, the n-th sync or rename of a file (rule T-D3)."""

import errno
import os
from contextlib import ExitStack
from unittest import mock

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

_WRITES = ("INSERT", "UPDATE", "DELETE")


class FailingWrite:
    """While it is entered, the write with the number ``last`` fails, as on a disk that is full for a moment.

    ``happened`` says whether there were so many.
    """

    def __init__(self, engine, last):
        self._engine, self._last = engine, last
        self._stack = ExitStack()
        self.count = 0

    @property
    def happened(self):
        return self.count >= self._last

    def __enter__(self):
        event.listen(self._engine, "before_cursor_execute", self._look)
        event.listen(self._engine, "commit", self._fail_statement)
        for name in ("fsync", "replace", "rename"):
            self._stack.enter_context(mock.patch.object(os, name, self._wrap(getattr(os, name))))
        return self

    def __exit__(self, *_):
        event.remove(self._engine, "before_cursor_execute", self._look)
        event.remove(self._engine, "commit", self._fail_statement)
        self._stack.close()

    def _look(self, _connection, _cursor, statement, *_):
        if statement.lstrip().startswith(_WRITES):
            self._fail_statement()

    def _fail_statement(self, *_):
        if self._is_last():
            raise OperationalError("a write", {}, Exception("database or disk is full"))

    def _wrap(self, function):
        def call(*arguments, **options):
            if self._is_last():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*arguments, **options)

        return call

    def _is_last(self):
        self.count += 1
        return self.count == self._last


def each_failing(engine, most=200):
    """The writes of an operation, failing one after another, until it has no further one."""
    for last in range(1, most):
        write = FailingWrite(engine, last)
        yield write
        if not write.happened:
            return
    raise AssertionError(f"more than {most} writes")
