"""Log lines: a constant sentence plus fields, as JSON for machines or as text on a terminal."""

import logging
import sys
from typing import Protocol

import structlog


class LogSettings(Protocol):
    """The two settings that logs need."""

    @property
    def log_format(self) -> str: ...
    @property
    def log_level(self) -> str: ...


def set_up_logs(settings: LogSettings) -> None:
    """Sends all log lines of the process to standard error. Control characters in values are escaped (rule T-S2)."""
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if as_text else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # These say what a request or a query holds, which logs must not (rule T-M6).
    for noisy in ("stripe", "urllib3", "sqlalchemy.engine", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
