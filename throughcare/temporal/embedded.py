"""The Temporal server of `throughcare dev`. Apart from the client, whose import takes longer than the server's start."""

import sysconfig
from pathlib import Path


def embedded_server_command(
    database: Path,
    *,
    port: int,
    ui_port: int,
    codec: str | None = None,
    log_level: str = "warn",
) -> list[str]:
    """The command line of a Temporal server with its UI, on this machine only.

    For a pilot: one process, no authentication. It keeps what it acknowledged through
    a kill and a power cut; settings given here hold for an existing database too.
    """
    return [
        str(Path(sysconfig.get_path("scripts"), "temporal")),
        *("server", "start-dev", "--ip", "127.0.0.1"),
        *("--port", str(port), "--ui-port", str(ui_port)),
        *(("--ui-codec-endpoint", codec) if codec else ()),
        *("--db-filename", str(database), "--log-level", log_level),
        *("--sqlite-pragma", "journal_mode=wal"),
        # 2 is FULL. NORMAL is faster and loses acknowledged messages in a power cut.
        *("--sqlite-pragma", "synchronous=2"),
        *(
            argument
            for queue in ("transfer", "timer", "visibility")
            # Read 20 times a second as they come: steps would wait 50 ms for their turn.
            for argument in (
                "--dynamic-config-value",
                f"history.{queue}ProcessorMaxPollRPS=2000",
            )
        ),
    ]
