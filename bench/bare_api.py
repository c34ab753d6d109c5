"""The thinnest API over the bare ladder, for the time a bare stack takes to start."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from temporalio.client import Client

from bench.bare import QUEUE, Dispute, Ladder


class Opened(BaseModel):
    coordinator_seat: str
    counterpart_seat: str
    youth: str
    subject: str


class CaseView(BaseModel):
    case: str


def create_app(address: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.client = await Client.connect(address, lazy=True)
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/cases", status_code=201)
    async def open_case(body: Opened) -> CaseView:
        """Answered once the worker has begun it, as the product does."""
        case = str(uuid4())
        given = Dispute(case, body.youth, body.subject, body.coordinator_seat)
        started = await app.state.client.start_workflow(
            Ladder.run, given, id=case, task_queue=QUEUE
        )
        await started.execute_update(Ladder.decide, "By turns.")
        return CaseView(case=case)

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_config=None,
    )
