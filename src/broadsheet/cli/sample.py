"""`broadsheet sample`: doubles of what a reader's machine may not have."""

from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Doubles to try and to test with: nothing here is real, and each says so.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def sample() -> None:
    """Doubles to try and to test with: nothing here is real, and each says so."""


@app.command("llm")
def llm(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    latency: Annotated[float, typer.Option("--latency", min=0, help="Seconds before an answer.")] = 0.0,
    jitter: Annotated[float, typer.Option("--jitter", min=0, max=1, help="Give or take this share of the latency.")] = 0.0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="A fault and its share: 429:0.1. Also 500, stall, drop, truncated, refusal, invalid. Repeats.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The seed of faults and latencies.")] = 0,
    retry_after: Annotated[str, typer.Option("--retry-after", help="What a 429 asks to wait: seconds, or an HTTP date.")] = "1",
    stall: Annotated[float, typer.Option("--stall", min=0, help="Seconds that a stalled answer takes.")] = 60.0,
    *,
    honours: Annotated[bool, typer.Option("--idempotency/--no-idempotency", help="Honour Idempotency-Key: one name is answered and counted once.")] = True,
    takes_schema: Annotated[bool, typer.Option("--schema/--no-schema", help="Take response_format, or refuse it as older servers do.")] = True,
) -> None:
    """Serve OpenAI's chat completions by a rule, until it is stopped; print the base URL, and at the end what was served.

    Example: broadsheet sample llm --latency 0.2 --fault 429:0.1 --fault invalid:0.05
    """
    import json
    import signal
    import threading

    from broadsheet.core.errors import OutputError
    from broadsheet.sample.llm import Faults, LLMServer

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    options = {"latency": latency, "jitter": jitter, "port": port, "honours": honours, "takes_schema": takes_schema, "stall": stall}
    server = LLMServer(faults=Faults.read(fault or (), seed), retry_after=retry_after, **options)
    try:
        with server:
            typer.echo(server.url)
            ended.wait()
    except OSError as fault_of_port:
        raise OutputError(f"The double cannot listen: {fault_of_port}.", "Name another --port, or 0 for a free one.") from None
    typer.echo(json.dumps(server.served._asdict()))
