"""Settings: what an operator may choose, read once at an entry point and passed down.

How Temporal is reached is not here: that is Temporal's own `TEMPORAL_*` environment.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from throughcare.errors import ThroughcareError

PREFIX = "THROUGHCARE_"

NO_FILES = ("", ":memory:")
"""Names with which SQLite has a database for each connection, gone with it."""


GENEROUS = 60_000


class Environment(StrEnum):
    development = "development"
    production = "production"


class SmtpSecurity(StrEnum):
    none = "none"
    starttls = "starttls"
    tls = "tls"


class LogLevel(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class LogFormat(StrEnum):
    console = "console"
    json = "json"


class BadSettings(ThroughcareError):
    """The environment cannot be used; one line per problem, never with the value that was given."""

    status = 500

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise PydanticCustomError(
            "web_address", "Input should start with https:// or http://"
        )
    # Links are made by adding a path that starts with a slash.
    return value.rstrip("/")


def _mailbox(value: str) -> str:
    """As it may stand in a header: a name with a colon or a comma is quoted, whether or not whoever wrote it did."""
    found = MAILBOX.fullmatch(value.strip())
    if not found:
        raise PydanticCustomError("mailbox", "Input should be an address with an @")
    name, address = found["name"] or "", found["named"] or found["bare"]
    if name.startswith('"'):
        name = parseaddr(value)[0]
    try:
        mailbox = str(Address(name.strip(), addr_spec=address))
    except (ValueError, HeaderParseError):
        raise PydanticCustomError(
            "mailbox", "Input should be an address with an @"
        ) from None
    if mailbox.startswith('"') and len(mailbox) > LONGEST_QUOTED:
        raise PydanticCustomError(
            "mailbox_name",
            "Input should have a shorter name, or one without signs such as : and ,",
        )
    return mailbox


def _ip_address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise PydanticCustomError(
            "ip_address", "Input should be an IP address"
        ) from None


def _database_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value()
    file = address.removeprefix("sqlite:///").partition("?")[0]
    is_file = address.startswith("sqlite:///") and file not in NO_FILES
    if not is_file and not address.startswith("postgresql+psycopg://"):
        raise PydanticCustomError(
            "database_address",
            "Input should start with sqlite:/// and a file, or with postgresql+psycopg://; no other database or driver is supported",
        )
    return value


_PART = r"[^<>@\s,:;\"]+@[^<>@\s,:;\"]+"
MAILBOX = re.compile(
    rf'(?P<name>"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])+"|[^<>@"\x00-\x1f]*?)\s*<(?P<named>{_PART})>|(?P<bare>{_PART})'
)
"""One address, or NAME <ADDRESS>; more than one is none."""

LONGEST_QUOTED = 70
"""What is longer is folded, and Python's email package loses the quotation marks of a folded name."""

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
IpAddress = Annotated[str, AfterValidator(_ip_address)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
MailAddress = Annotated[str, AfterValidator(_mailbox)]


def _generous(chosen: dict[str, Any], limit: int) -> int:
    """On one's own machine a test or a measurement may be one person who does everything."""
    in_development = chosen["environment"] is Environment.development
    return GENEROUS if in_development else limit


class Settings(BaseSettings):
    """Each field is the variable `THROUGHCARE_<NAME>`; its description is its row in docs/running.md."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Environment = Field(
        Environment.development,
        description="`development`, or `production`, which refuses what must not meet real clients",
    )
    policies: Path = Field(Path("policies"), description="The folder of policy packs")
    calendars: Path = Field(Path("calendars"), description="The folder of calendars")
    state: Path = Field(
        Path(".throughcare"), description="Where the embedded parts keep their files"
    )
    database_url: DatabaseAddress | None = Field(
        None,
        description="`sqlite:///FILE`, or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`; without it, SQLite in the state folder",
    )
    keys: Path = Field(
        default_factory=lambda chosen: chosen["state"] / "keys.json",
        description="The file of keys that encrypt payloads in Temporal; production must set it",
    )
    api_host: str = Field("127.0.0.1", description="The address the API listens on")
    api_port: Port = Field(8000, description="The port the API listens on")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="The addresses or networks of proxies, with commas, that are believed whom a request comes from",
    )
    public_url: WebAddress = Field(
        default_factory=lambda chosen: (
            f"http://{chosen['api_host']}:{chosen['api_port']}"
        ),
        description="Where people reach the product, for the links in notices; production must set it, with https",
    )
    metrics_host: IpAddress = Field(
        "127.0.0.1", description="The IP address that metrics are served on"
    )
    api_metrics_port: Port | None = Field(
        None,
        description="The port of the API's metrics, with those over all cases; none are served without it",
    )
    worker_metrics_port: Port | None = Field(
        None,
        description="The port of the worker's metrics; none are served without it",
    )
    temporal_port: Port = Field(
        7233, description="The port of the embedded Temporal server"
    )
    temporal_ui_port: Port = Field(
        8233, description="The port of the embedded Temporal UI"
    )
    temporal_ui_url: WebAddress = Field(
        default_factory=lambda chosen: f"http://127.0.0.1:{chosen['temporal_ui_port']}",
        description="Where operators reach the Temporal UI, for links to a case there",
    )
    mailbox_port: Port = Field(1025, description="The port of the embedded mailbox")
    smtp_host: str = Field(
        "127.0.0.1", description="The mail server that sends the notices"
    )
    smtp_port: Port = Field(
        default_factory=lambda chosen: chosen["mailbox_port"],
        description="The port of the mail server",
    )
    smtp_username: str | None = Field(
        None, description="The name to log in to the mail server with"
    )
    smtp_password: SecretStr | None = Field(
        None, description="The password to log in to the mail server with"
    )
    smtp_security: SmtpSecurity = Field(
        SmtpSecurity.none,
        description="`none`, `starttls` or `tls`; `none` only for a mail server on this machine",
    )
    mail_from: MailAddress = Field(
        "Throughcare <throughcare@localhost>",
        description="Who notices come from; production must set it",
    )
    operator_mail: MailAddress | None = Field(
        None,
        description="Who is told by mail when the database cannot be written, a disk is nearly full, cases are stuck or notices fail",
    )
    link_expiry: timedelta = Field(
        timedelta(days=14),
        ge=timedelta(hours=1),
        description="How long a signed link to answer by stays good, as an ISO 8601 duration such as `P14D`",
    )
    attempts_per_minute: Count = Field(
        20,
        description="How many wrong keys, links or signatures one address may send in a minute, and how many wrong keys may be tried on one id",
    )
    openings_per_minute: Count = Field(
        default_factory=lambda chosen: _generous(chosen, 120),
        description="How many cases one person may open in a minute",
    )
    changes_per_minute: Count = Field(
        default_factory=lambda chosen: _generous(chosen, 1200),
        description="How many messages and other changes one person may send in a minute",
    )
    reads_at_once: Count = Field(
        4,
        description="How many of one person's questions are worked on at once; the next wait for these",
    )
    changes_at_once: Count = Field(
        32,
        description="How many of one person's changes are worked on at once; the next wait for these",
    )
    connections: Count = Field(
        1000, description="How many connections the API keeps open at once"
    )
    header_timeout: timedelta = Field(
        timedelta(seconds=10),
        gt=timedelta(0),
        description="How long the head of a request may take to come, as an ISO 8601 duration such as `PT10S`",
    )
    body_timeout: timedelta = Field(
        timedelta(minutes=1),
        gt=timedelta(0),
        description="How long its body may take to come, or its answer to be taken, as an ISO 8601 duration such as `PT1M`",
    )
    traces_url: WebAddress | None = Field(
        None,
        description="Where traces are sent as OTLP over HTTP, such as `http://127.0.0.1:4318`; none are made without it",
    )
    history_retention: timedelta = Field(
        timedelta(days=90),
        ge=timedelta(days=1),
        description="How long Temporal keeps the history of a closed case, as an ISO 8601 duration such as `P90D`",
    )
    records_mend: bool = Field(
        True,
        description="Whether the nightly check of the tables also mends what differs from the workflows",
    )
    log_level: LogLevel = Field(
        LogLevel.info, description="`debug`, `info`, `warning` or `error`"
    )
    log_format: LogFormat = Field(
        default_factory=lambda chosen: (
            LogFormat.json
            if chosen["environment"] is Environment.production
            else LogFormat.console
        ),
        description="`console` or `json`",
    )

    @property
    def database(self) -> str:
        """The address of the database, with its password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.state / 'throughcare.db'}"

    @property
    def worker_metrics(self) -> str | None:
        """As the SDK takes it."""
        host = (
            f"[{self.metrics_host}]" if ":" in self.metrics_host else self.metrics_host
        )
        port = self.worker_metrics_port
        return f"{host}:{port}" if port else None

    @model_validator(mode="after")
    def _usable_together(self) -> Self:
        problems = [*self._incomplete()]
        if self.environment is Environment.production:
            problems += self._unfit_for_production()
        if problems:
            raise ValidationError.from_exception_data("Settings", problems)
        return self

    def _incomplete(self) -> Iterator[InitErrorDetails]:
        if self.smtp_username and self.smtp_password is None:
            yield _problem(
                "smtp_password", "must be set when THROUGHCARE_SMTP_USERNAME is"
            )
        if self.smtp_password and self.smtp_username is None:
            yield _problem(
                "smtp_username", "must be set when THROUGHCARE_SMTP_PASSWORD is"
            )

    def _unfit_for_production(self) -> Iterator[InitErrorDetails]:
        # Keys beside the data they protect would be copied, and lost, together with it.
        if "keys" not in self.model_fields_set:
            yield _problem(
                "keys", "must be set in production, to a file outside the state folder"
            )
        if not self.public_url.startswith("https://"):
            yield _problem(
                "public_url", "must be set in production, and start with https://"
            )
        if "mail_from" not in self.model_fields_set:
            yield _problem("mail_from", "must be set in production")
        if self.smtp_security is SmtpSecurity.none and not _is_loopback(self.smtp_host):
            yield _problem(
                "smtp_security",
                "must be starttls or tls in production, unless the mail server is on this machine",
            )


def read_settings() -> Settings:
    """The settings of this process's environment. Raises BadSettings."""
    try:
        return Settings()
    except ValidationError as error:
        found = error.errors(
            include_url=False, include_input=False, include_context=False
        )
    # A default that depends on a setting that is wrong is not a second mistake.
    mistakes = (each for each in found if each["type"] != "default_factory_not_called")
    raise BadSettings(tuple(_line(mistake) for mistake in mistakes))


def _problem(field: str, refusal: str) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("unfit", refusal), loc=(field,), input=None
    )


def _line(mistake: ErrorDetails) -> str:
    name = str(mistake["loc"][0])
    refusal = mistake["msg"].removeprefix("Input ")
    return f"{PREFIX}{name.upper()} {refusal}. ({Settings.model_fields[name].description}.)"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
