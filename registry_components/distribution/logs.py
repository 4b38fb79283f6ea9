"""What a registry writes to its log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.validated import validated
from .checks import AsciiText, HostPort, SecretText, Text, check_hostname


def check_email(text: str) -> str | None:
    """Check an e-mail address."""
    local, _, domain = text.rpartition("@")
    whole = bool(local) and local.isascii() and local.isprintable() and " " not in local
    return None if whole and not check_hostname(domain) else f"{text!r} is not an e-mail address"


class MailHook(Args):
    """Sends a mail for each log line of some levels."""

    # Every request is logged at info or below: a mail each would stop the registry.
    levels: list[Literal["panic", "fatal", "error", "warn"]] = Field(min_length=1)
    """The levels that are mailed."""
    smtp_address: HostPort
    """host:port of the mail server; it has to offer TLS, or be on this machine."""
    smtp_username: MaybeOutput[AsciiText]
    """The account there."""
    smtp_password: SecretText
    """Its password."""
    sender: Annotated[str, validated(check_email)]
    """The mail's From."""
    recipients: list[Annotated[str, validated(check_email)]] = Field(min_length=1)
    """The mail's To."""


class Log(Args):
    """What is logged, and how."""

    level: Literal["error", "warn", "info", "debug"] = "info"
    """The least important lines that are written. Default: info."""
    formatter: Literal["text", "json", "logstash"] = "text"
    """The lines' form. Default: text."""
    fields: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,62}$")], Text] = {}
    """Names and values added to each line. Default: none."""
    access_log: bool = True
    """Also write one line per request in the Combined Log Format. Default: true."""
    report_caller: bool = False
    """Add the place in the source to each line. Default: false."""
    mail: list[MailHook] = []
    """Mails for important lines. Default: none."""
