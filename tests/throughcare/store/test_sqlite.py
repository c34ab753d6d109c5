"""SQLite off the event loop."""

import asyncio
import sqlite3

import pytest

from throughcare.store.sqlite import connector


def test_the_thread_of_a_file_that_could_not_be_opened_ends_with_no_word_to_its_loop(
    tmp_path,
):
    nowhere = tmp_path / "no-such-folder" / "x.db"
    made = connector(f"sqlite+aiosqlite:///{nowhere}")()

    async def opened():
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            await made
        # What would wait for the thread is what it could no longer answer.
        return made.stop()

    assert asyncio.run(opened()) is None
    made._thread.join(timeout=10)
    assert not made._thread.is_alive()
