"""API keys: `tc_<id>_<secret>`. The secret is 256 random bits, so a plain SHA-256 of it is as good as any slower hash."""

import hmac
import secrets  # noqa: TID251 (keys are made and checked at the edge, never in a workflow)
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.base import Frozen
from throughcare.store.tables import ApiKeyRow, PersonRow


class KeyHolder(Frozen):
    """Whose key it is. `key_id` is the part that may be shown and logged."""

    key_id: str
    person: str
    name: str


async def issue_key(session: AsyncSession, person_id: str, at: datetime) -> str:
    """A new key for this person. It is shown this once: only its hash is kept."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.add(
        ApiKeyRow(
            id=key_id,
            person_id=person_id,
            secret_hash=_hash(secret),
            created_at=at,
            revoked_at=None,
        )
    )
    await session.flush()
    return f"tc_{key_id}_{secret}"


async def holder_of(session: AsyncSession, key: str, at: datetime) -> KeyHolder | None:
    """Whose key this is; None where it is wrong, revoked, or its person has left."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "tc" or not secret:
        return None
    row = (await session.execute(_in_force(key_id, at))).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    return KeyHolder(key_id=key_id, person=row.id, name=row.name)


async def holder_of_id(
    session: AsyncSession, key_id: str, at: datetime
) -> KeyHolder | None:
    """Whose key has this id, for somebody who showed the key itself before."""
    row = (await session.execute(_in_force(key_id, at))).one_or_none()
    return KeyHolder(key_id=key_id, person=row.id, name=row.name) if row else None


def _in_force(key_id: str, at: datetime) -> Select[str, str, str]:
    return (
        select(ApiKeyRow.secret_hash, PersonRow.id, PersonRow.name)
        .join(PersonRow, PersonRow.id == ApiKeyRow.person_id)
        .where(ApiKeyRow.id == key_id)
        .where(ApiKeyRow.revoked_at.is_(None) | (ApiKeyRow.revoked_at > at))
        .where(PersonRow.left_at.is_(None) | (PersonRow.left_at > at))
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
