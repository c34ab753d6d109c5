import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from throughcare.config import (
    PREFIX,
    BadSettings,
    LogFormat,
    Settings,
    SmtpSecurity,
    read_settings,
)

RUNNING = Path(__file__).parents[2] / "docs" / "running.md"

PRODUCTION = {
    "ENVIRONMENT": "production",
    "KEYS": "keys/payload.json",
    "PUBLIC_URL": "https://care.example/",
    "MAIL_FROM": "Throughcare <throughcare@care.example>",
    "SMTP_HOST": "mail.care.example",
    "SMTP_SECURITY": "starttls",
}


@pytest.fixture
def given(monkeypatch):
    """Puts settings into the environment, on top of none at all."""
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)

    def give(settings: dict[str, str]) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(PREFIX + name, value)

    return give


def test_nothing_needs_to_be_set_to_run_on_one_machine(given):
    settings = read_settings()

    assert settings.database == "sqlite:///.throughcare/throughcare.db"
    assert settings.keys == Path(".throughcare/keys.json")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.temporal_ui_url == "http://127.0.0.1:8233"
    assert settings.smtp_port == settings.mailbox_port == 1025
    assert settings.history_retention == timedelta(days=90)
    assert settings.log_format is LogFormat.console


def test_what_is_not_set_follows_what_is(given):
    given(
        {
            "STATE": "elsewhere",
            "API_PORT": "9000",
            "TEMPORAL_UI_PORT": "9001",
            "MAILBOX_PORT": "9002",
        }
    )

    settings = read_settings()

    assert settings.database == "sqlite:///elsewhere/throughcare.db"
    assert settings.keys == Path("elsewhere/keys.json")
    assert settings.public_url == "http://127.0.0.1:9000"
    assert settings.temporal_ui_url == "http://127.0.0.1:9001"
    assert settings.smtp_port == 9002


def test_an_empty_variable_counts_as_unset(given):
    given({"DATABASE_URL": "", "API_PORT": "", "SMTP_PASSWORD": ""})

    assert read_settings() == Settings()


def test_a_database_elsewhere_is_used_and_its_password_not_shown(given):
    given({"DATABASE_URL": "postgresql+psycopg://us:hunter2@db/throughcare"})

    settings = read_settings()

    assert settings.database == "postgresql+psycopg://us:hunter2@db/throughcare"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1:9000"), ("::1", "[::1]:9000")]
)
def test_the_worker_serves_metrics_only_where_a_port_is_set(given, host, address):
    given({"METRICS_HOST": host})
    assert read_settings().worker_metrics is None

    given({"WORKER_METRICS_PORT": "9000"})
    assert read_settings().worker_metrics == address


def test_settings_do_not_change(given):
    with pytest.raises(ValidationError, match="frozen"):
        read_settings().api_port = 1  # type: ignore[misc]  # the refusal is the point


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("API_PORT", "sesame", "a valid integer"),
        ("API_PORT", "70000", "less than or equal to 65535"),
        ("METRICS_HOST", "sesame", "an IP address"),
        ("ENVIRONMENT", "sesame", "'development' or 'production'"),
        ("SMTP_SECURITY", "sesame", "'none', 'starttls' or 'tls'"),
        ("LOG_LEVEL", "sesame", "'debug', 'info', 'warning' or 'error'"),
        ("HISTORY_RETENTION", "sesame", "an ISO 8601 duration such as `P90D`"),
        ("HISTORY_RETENTION", "PT7M", "greater than or equal to 1 day"),
        ("PUBLIC_URL", "sesame", "https:// or http://"),
        ("MAIL_FROM", "sesame", "an address with an @"),
        ("MAIL_FROM", "sesame@a.example, b@a.example", "an address with an @"),
        ("MAIL_FROM", "a@a.example, sesame <b@a.example>", "an address with an @"),
        ("MAIL_FROM", "sesame: a@a.example;", "an address with an @"),
        ("MAIL_FROM", "sesame <a@a.example> <b@a.example>", "an address with an @"),
        ("MAIL_FROM", "sesame: " + "y" * 70 + " <a@a.example>", "a shorter name"),
        ("DATABASE_URL", "sesame", "sqlite:/// and a file"),
        ("DATABASE_URL", "sqlite+aiosqlite:///x.db", "sqlite:/// and a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:/// and a file"),
        ("DATABASE_URL", "sqlite:///?mode=ro", "sqlite:/// and a file"),
        ("DATABASE_URL", "postgresql+asyncpg://db/x", "postgresql+psycopg://"),
        ("DATABASE_URL", "mysql://db/x", "no other database or driver"),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed_but_not_repeated(
    given, name, value, allowed
):
    given({name: value})

    with pytest.raises(BadSettings) as refusal:
        read_settings()

    (line,) = refusal.value.problems
    assert line.startswith(f"{PREFIX}{name} ")
    assert allowed in line
    assert value not in line


def test_every_bad_setting_has_its_own_line(given):
    given({"API_PORT": "x", "LOG_LEVEL": "loud"})

    with pytest.raises(BadSettings) as refusal:
        read_settings()

    named = [line.split()[0] for line in str(refusal.value).splitlines()]
    assert named == [f"{PREFIX}API_PORT", f"{PREFIX}LOG_LEVEL"]


@pytest.mark.parametrize(
    ("set_alone", "missing"),
    [("SMTP_USERNAME", "SMTP_PASSWORD"), ("SMTP_PASSWORD", "SMTP_USERNAME")],
)
def test_half_a_mail_login_is_refused(given, set_alone, missing):
    given({set_alone: "half"})

    with pytest.raises(BadSettings, match=f"{PREFIX}{missing} must be set when"):
        read_settings()


def test_one_person_may_do_much_on_their_own_machine_and_less_in_production(given):
    at_home = read_settings()
    given(PRODUCTION)
    at_work = read_settings()

    assert at_home.openings_per_minute == at_home.changes_per_minute == 60_000
    assert (at_work.openings_per_minute, at_work.changes_per_minute) == (120, 1200)


def test_production_is_accepted_when_nothing_is_left_open(given):
    given(PRODUCTION)

    settings = read_settings()

    assert settings.public_url == "https://care.example"
    assert settings.smtp_security is SmtpSecurity.starttls
    assert settings.log_format is LogFormat.json


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"KEYS": ""}, "KEYS"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://care.example"}, "PUBLIC_URL"),
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"SMTP_SECURITY": "none"}, "SMTP_SECURITY"),
    ],
    ids=str,
)
def test_production_refuses_what_must_not_meet_real_clients(given, changed, named):
    given(PRODUCTION | changed)

    with pytest.raises(BadSettings) as refusal:
        read_settings()

    assert [line.split()[0] for line in refusal.value.problems] == [PREFIX + named]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_mail_to_this_machine_may_go_unencrypted_in_production(given, host):
    given(PRODUCTION | {"SMTP_SECURITY": "none", "SMTP_HOST": host})

    assert read_settings().smtp_host == host


def test_the_settings_table_in_the_documentation_is_this_one():
    section = RUNNING.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]

    rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", section, re.MULTILINE)

    assert rows == [
        (PREFIX + name.upper(), field.description)
        for name, field in Settings.model_fields.items()
    ]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Agency: Care <care@a.example>", '"Agency: Care" <care@a.example>'),
        ('"Agency: Care" <care@a.example>', '"Agency: Care" <care@a.example>'),
        ("Care, Inc. <care@a.example>", '"Care, Inc." <care@a.example>'),
        (
            "Care (North); Team <care@a.example>",
            '"Care (North); Team" <care@a.example>',
        ),
        ("Throughcare <throughcare@localhost>", "Throughcare <throughcare@localhost>"),
        ("care@a.example", "care@a.example"),
        ("<care@a.example>", "care@a.example"),
    ],
)
def test_the_name_of_a_sender_is_quoted_where_mail_asks_for_it(given, written, kept):
    given({"MAIL_FROM": written})

    assert read_settings().mail_from == kept
