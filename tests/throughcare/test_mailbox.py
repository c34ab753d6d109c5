import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from throughcare.notices.mailbox import Mailbox


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mail"


@pytest.fixture
def mailbox(folder):
    mailbox = Mailbox(folder, refuse={"gone@example.org"})
    yield mailbox
    mailbox.stop()


def post(port: int, to: str, subject: str, body: str = "Hello.\n", cte: str = "base64"):
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.org", to, subject
    message.set_content(body, cte=cte)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_messages_are_files_named_by_order_receiver_and_subject(mailbox, folder):
    port = mailbox.start("127.0.0.1", 0)

    post(port, "ana@example.org", "Conflict 3FK9 has been opened")
    post(port, "Bo.Li@example.org", "Re: naïve?")

    assert names(folder) == [
        "0001-ana-conflict-3fk9-has-been-opened.eml",
        "0002-bo-li-re-na-ve.eml",
    ]


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
def test_a_message_is_read_as_it_was_written_however_it_travelled(mailbox, folder, cte):
    port = mailbox.start("127.0.0.1", 0)
    line = "Ein Gespräch über " + "vieles, " * 20

    post(port, "ana@example.org", "Gespräch", f"{line}\n.ende\n", cte)

    text = (folder / "0001-ana-gespr-ch.eml").read_text(encoding="utf-8")
    assert "Subject: Gespräch\n" in text
    assert text.endswith(f"\n\n{line}\n.ende\n")


def test_a_message_in_parts_is_kept_as_it_came(mailbox, folder):
    port = mailbox.start("127.0.0.1", 0)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "a@example.org", "ana@example.org"
    message.set_content("Hello.\n")
    message.add_attachment("1,2\n", filename="list.csv")

    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)

    assert "list.csv" in (folder / "0001-ana-.eml").read_text()


def test_numbers_go_on_after_a_restart(folder):
    for _ in range(2):
        mailbox = Mailbox(folder)
        port = mailbox.start("127.0.0.1", 0)
        post(port, "ana@example.org", "Hello")
        mailbox.stop()

    assert names(folder) == ["0001-ana-hello.eml", "0002-ana-hello.eml"]


def test_a_receiver_it_refuses_gets_nothing(mailbox, folder):
    port = mailbox.start("127.0.0.1", 0)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        post(port, "gone@example.org", "Hello")

    assert refused.value.recipients["gone@example.org"][0] == 550
    assert names(folder) == []


def test_a_port_that_is_taken_is_said_at_once(mailbox):
    taken = mailbox.start("127.0.0.1", 0)

    with pytest.raises(OSError, match="in use"):
        Mailbox(mailbox.folder).start("127.0.0.1", taken)


def test_stopping_frees_the_port(mailbox):
    port = mailbox.start("127.0.0.1", 0)

    mailbox.stop()

    assert mailbox.start("127.0.0.1", port) == port
