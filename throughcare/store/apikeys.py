"""API keys: `tc_<id>_<secret>`. The secret is 256 random bits, so a plain SHA-256 of it is as good as any slower hash."""

import hmac
import secrets  # noqa: TID251 (keys are made and checked at the edge, never in a workflow)
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.tables import ApiKeyRow, PersonRow


class KeyHolder(Frozen):
    """Whose key it is. `key_id` is the part that may be shown and logged."""

    key_id: str
    person: str
    name: str


class KnownKey(Frozen):
    """`state`: in force, revoked, or of somebody who has left."""

    id: str
    person: str
    created_at: datetime
    state: str


class NoSuchKey(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        # What was given is not repeated: it may be a whole key.
        super().__init__(
            "There is no such key in force; `apikeys list` shows their ids."
        )


def issue_key(connection: Connection, person_id: str, at: datetime) -> str:
    """A new key for this person. It is shown this once: only its hash is kept."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = {
        "id": key_id,
        "person_id": person_id,
        "secret_hash": _hash(secret),
        "created_at": at,
    }
    connection.execute(insert(ApiKeyRow), key)
    return f"tc_{key_id}_{secret}"


def revoke_key(connection: Connection, key_id: str, at: datetime) -> str:
    """Whose it was. Raises NoSuchKey."""
    person: str | None = connection.scalar(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(ApiKeyRow.person_id)
    )
    if person is None:
        raise NoSuchKey
    return person


def keys(connection: Connection, at: datetime) -> tuple[KnownKey, ...]:
    """Every key there ever was, by person, the earliest first."""
    found = connection.execute(
        select(
            ApiKeyRow.id,
            ApiKeyRow.person_id,
            ApiKeyRow.created_at,
            ApiKeyRow.revoked_at,
            PersonRow.left_at,
        )
        .join(PersonRow, PersonRow.id == ApiKeyRow.person_id)
        .order_by(ApiKeyRow.person_id, ApiKeyRow.created_at, ApiKeyRow.id)
    )
    return tuple(
        KnownKey(
            id=row.id,
            person=row.person_id,
            created_at=row.created_at,
            state=_state(row.revoked_at, row.left_at, at),
        )
        for row in found
    )


def _state(revoked_at: datetime | None, left_at: datetime | None, at: datetime) -> str:
    if revoked_at is not None and revoked_at <= at:
        return "revoked"
    return "left" if left_at is not None and left_at <= at else "in force"


def holder_of(connection: Connection, key: str, at: datetime) -> KeyHolder | None:
    """Whose key this is; None where it is wrong, revoked, or its person has left."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "tc" or not secret:
        return None
    row = _in_force(connection, key_id, at)
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    return KeyHolder(key_id=key_id, person=row.id, name=row.name)


def holder_of_id(connection: Connection, key_id: str, at: datetime) -> KeyHolder | None:
    """Whose key has this id, for somebody who showed the key itself before."""
    row = _in_force(connection, key_id, at)
    return KeyHolder(key_id=key_id, person=row.id, name=row.name) if row else None


def _in_force(
    connection: Connection, key_id: str, at: datetime
) -> Row[str, str, str] | None:
    given = {"key_id": key_id, "at": at}
    return connection.execute(_KEY, given).one_or_none()


# Every request asks for it, so it is built once.
_KEY = (
    select(ApiKeyRow.secret_hash, PersonRow.id, PersonRow.name)
    .join(PersonRow, PersonRow.id == ApiKeyRow.person_id)
    .where(ApiKeyRow.id == bindparam("key_id"))
    .where(ApiKeyRow.revoked_at.is_(None) | (ApiKeyRow.revoked_at > bindparam("at")))
    .where(PersonRow.left_at.is_(None) | (PersonRow.left_at > bindparam("at")))
)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
