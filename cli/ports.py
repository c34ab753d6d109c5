"""The ports that `throughcare dev` needs, looked at before anything starts."""

import errno
import socket
from contextlib import ExitStack

from cli.parts import Stopped
from throughcare.config import PREFIX, Settings

HERE = "127.0.0.1"


def check_ports(settings: Settings) -> None:
    """Raises Stopped, with a line for every port that cannot be used and the setting that chooses another."""
    wanted = {
        "API_PORT": (settings.api_host, settings.api_port, "the API"),
        "TEMPORAL_PORT": (HERE, settings.temporal_port, "the Temporal server"),
        "TEMPORAL_UI_PORT": (HERE, settings.temporal_ui_port, "the Temporal UI"),
        "MAILBOX_PORT": (HERE, settings.mailbox_port, "the mailbox"),
    }
    refused = []
    # Held together, so that two settings that name the same port are found as well.
    with ExitStack() as held:
        for name, (host, port, what) in wanted.items():
            try:
                held.enter_context(_listener(host, port))
            except OSError as error:
                refused.append(_refusal(name, host, port, what, error))
    if refused:
        raise Stopped("\n".join(refused))


def _listener(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family)


def _refusal(name: str, host: str, port: int, what: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port}, for {what}, is taken. Stop what uses it, or set {PREFIX}{name} to a free one."
    return (
        f"Port {port} of {host}, for {what}, cannot be listened on: {error.strerror}. "
        f"Set {PREFIX}{name} to another one."
    )
