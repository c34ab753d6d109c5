"""Which installation a database is of: an id that is sealed under the keys its data is written under."""

from sqlalchemy import Connection, select

from throughcare.errors import ThroughcareError
from throughcare.store.database import insert_into
from throughcare.store.secretbox import SecretBox, SecretUnreadable
from throughcare.store.tables import InstallationRow
from throughcare.temporal.keys import KeyRing

OWNER = "the installation"
HERE = "here"


class OtherInstallation(ThroughcareError):
    status = 500


def claim(connection: Connection, keys: KeyRing, new_id: str) -> str:
    """The id of the installation; a database that is of none yet is given the new one. Raises OtherInstallation where it was written
    under keys that are not in this ring."""
    box = SecretBox(keys)
    row = {"name": HERE, "sealed_id": box.seal(new_id, OWNER)}
    insert = insert_into(connection.dialect.name, InstallationRow)
    connection.execute(insert.on_conflict_do_nothing(), row)
    here = select(InstallationRow.sealed_id).where(InstallationRow.name == HERE)
    sealed = connection.scalars(here).one()
    try:
        return box.open(sealed, OWNER)
    except SecretUnreadable:
        key_id = sealed.rpartition(".")[0]
        raise OtherInstallation(
            f"The database was written under the key {key_id!r}, and the key file has no such key. Put back the key file of this "
            "installation from its backup (THROUGHCARE_KEYS says where it is), or name its own database in THROUGHCARE_DATABASE_URL."
        ) from None
