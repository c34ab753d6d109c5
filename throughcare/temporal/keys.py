"""The keys that encrypt what Temporal stores: one active, the old ones kept for reading.

An old key must outlive the longest case plus the retention of its history, so keys
are added and never replaced. Back the file up: without it no open case can go on.
"""

import os
import secrets  # noqa: TID251 (keys are made at an entry point, never in a workflow)
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from throughcare.errors import ThroughcareError

KEY_BYTES = 32  # AES-256

Key = Annotated[bytes, Field(min_length=KEY_BYTES, max_length=KEY_BYTES)]


class KeysUnreadable(ThroughcareError):
    status = 500

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The key file {path} cannot be used: {reason}. Restore it from a backup; "
            "what was encrypted under its keys cannot be read without them. "
            f"Only a new installation makes one, with `throughcare keys create {path}`."
        )


class KeyRing(BaseModel):
    """Key ids and AES-256 keys. What is written now is encrypted under `active`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    active: str
    keys: Mapping[str, Key] = Field(repr=False)

    @property
    def oldest_first(self) -> list[bytes]:
        """As itsdangerous takes them: the last one signs, all of them verify, so what was signed outlives a rotation."""
        old = [key for name, key in self.keys.items() if name != self.active]
        return [*old, self.keys[self.active]]

    @model_validator(mode="after")
    def _holds_the_active_key(self) -> Self:
        if self.active not in self.keys:
            raise ValueError("the active key is not among the keys")
        return self


def read_or_create(path: Path) -> KeyRing:
    """The ring at `path`, created if there is none. Raises `KeysUnreadable`.

    Processes that start together all get the ring of whichever was first.
    """
    if not path.exists():
        _create(path, _with_new_key({}))
    return read(path)


def read(path: Path) -> KeyRing:
    """The ring at `path`. Raises `KeysUnreadable`."""
    try:
        return KeyRing.model_validate_json(path.read_bytes())
    except OSError as error:
        raise KeysUnreadable(path, error.strerror or type(error).__name__) from error
    except ValidationError as error:
        # The cause is cut off: pydantic keeps what it was given, and that is a key.
        raise KeysUnreadable(path, _what_is_wrong(error)) from None


def add_key(path: Path) -> KeyRing:
    """Make a new key active and keep the old ones. Raises `KeysUnreadable`.

    Stop every process first: one still running cannot read what the new key wrote.
    """
    draft = _draft(path, _with_new_key(read(path).keys))
    draft.replace(path)
    _flush(path.parent)
    return read(path)


def _with_new_key(keys: Mapping[str, bytes]) -> KeyRing:
    key_id = f"k{secrets.token_hex(4)}"
    return KeyRing(active=key_id, keys={**keys, key_id: secrets.token_bytes(KEY_BYTES)})


def _create(path: Path, ring: KeyRing) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, ring)
    try:
        # Unlike a rename, a link never replaces the ring another process just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _flush(path.parent)


def _draft(path: Path, ring: KeyRing) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(ring.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _flush(folder: Path) -> None:
    # A key lost in a power cut takes every payload encrypted under it along.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _what_is_wrong(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[
        0
    ]
    # A key id names where; a key, which is what stands there, is never quoted.
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
