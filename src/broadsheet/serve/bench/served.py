"""The server of a bench, in a process of its own: a whole site over a generated catalogue. Arguments: a JSON object. It prints where it listens."""

import json
import os
import sys
from pathlib import Path

import torch

from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_site
from broadsheet.serve.bench.generated import parts_of
from broadsheet.serve.models.holder import Holder
from broadsheet.serve.run import listen
from broadsheet.serve.running import site_server
from broadsheet.serve.site import Settings, Site


def main() -> None:
    """Serve until the process is told to stop."""
    plan = json.loads(sys.argv[1])
    # Two lanes, two cores.
    sys.setswitchinterval(0.0005)
    torch.set_num_threads(1)
    store = Store(plan["store"])
    store.create_tables()
    site = Site(store, Holder(parts_of(plan["items"], Path(plan["turn"]), plan["index"])), Settings(reader="ana"))
    with listen("127.0.0.1", 0) as socket:
        sys.stdout.write(f"http://127.0.0.1:{socket.getsockname()[1]} {os.getpid()}\n")
        sys.stdout.flush()
        site_server(create_site(site, create_app(store, Links(b"s" * 32, "")))).run(sockets=[socket])


if __name__ == "__main__":
    main()
