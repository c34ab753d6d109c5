"""That the database, Temporal's namespace and the keys are of one installation."""

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client

from throughcare.store.database import Database
from throughcare.store.installation import OtherInstallation, claim
from throughcare.temporal.keys import KeyRing
from throughcare.usecases.ids import new_id

INSTALLATION = "throughcare-installation"
"""Under which name a namespace keeps the id."""


async def hold_together(client: Client, database: Database, keys: KeyRing) -> None:
    """A new database takes the id of its namespace, a new namespace that of its database. Raises OtherInstallation, RPCError and
    SQLAlchemyError."""
    service, name = client.workflow_service, client.namespace
    asked = DescribeNamespaceRequest(namespace=name)
    here = (await service.describe_namespace(asked)).namespace_info
    known = here.data.get(INSTALLATION)
    installation = await database.write(claim, keys, known or new_id())
    if known is None:
        said = UpdateNamespaceInfo(
            description=here.description,
            owner_email=here.owner_email,
            data={INSTALLATION: installation},
        )
        noted = UpdateNamespaceRequest(namespace=name, update_info=said)
        await service.update_namespace(noted)
    elif known != installation:
        raise OtherInstallation(
            f"The Temporal namespace {name!r} is of another installation than the database. Name those that belong together in "
            "TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and THROUGHCARE_DATABASE_URL. If the database was lost, start the worker on a "
            "new one before the API."
        )
