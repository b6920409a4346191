"""Running the application: on a socket that is bound before anything is said."""

import os
import socket as sockets

import uvicorn

from broadsheet.core.errors import OutputError
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.serve.app import create_app


def listen(host: str, port: int) -> sockets.socket:
    """Return a socket that listens; port 0 takes a free one. Raises OutputError where it cannot."""
    try:
        socket = sockets.create_server((host, port), family=sockets.AF_INET6 if ":" in host else sockets.AF_INET)
    except OSError as fault:
        raise OutputError(
            f"Cannot listen at {host}:{port}: {os.strerror(fault.errno) if fault.errno else fault}.", "Name another --port, or 0 for a free one."
        ) from None
    # What accepts inherits it. The event loop sets it only where a socket names its protocol, and without it an answer in two parts waits 40 ms for the caller's receipt.
    socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
    return socket


def server(store: Store, links: Links) -> uvicorn.Server:
    """Return the server of the application. It logs no address: a link in a log could be used by whoever reads it."""
    config = uvicorn.Config(
        create_app(store, links, links.clock),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=5,
        limit_concurrency=200,
    )
    return uvicorn.Server(config)


def serve_on(socket: sockets.socket, store: Store, links: Links) -> None:
    """Serve until the process is told to stop."""
    server(store, links).run(sockets=[socket])
