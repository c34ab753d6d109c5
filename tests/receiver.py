"""Another agency's own system: a real HTTP server that keeps what it is sent and answers as it is told to."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Receiver:
    """`answers` are given in their order, the last one for ever; None hangs up without one."""

    answers: list[int | None] = field(default_factory=lambda: [204])
    location: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def bodies(self):
        return [body for _, _, body in self.requests]

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = [line.split(": ", 1) for line in head[1:] if line]
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((head[0].split()[1], headers, body))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status is not None:
            lines = [f"HTTP/1.1 {status} Said", "Content-Length: 0"]
            lines += [f"Location: {self.location}"] if self.location else []
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(**given):
    receiver = Receiver(**given)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/throughcare"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
