"""Every route of the interface, asked by schemathesis for what fits its form and for what does not; BROADSHEET_FUZZ asks more of each."""

import contextlib
import importlib.util
import os
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from broadsheet.core.store import Store

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch", "schemathesis"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[dev]'", allow_module_level=True)

EXAMPLES = int(os.environ.get("BROADSHEET_FUZZ", "4"))
# What has the right form and cannot be done, such as a picture that is none.
DONE = ["2xx", "400", "404", "409"]
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=EXAMPLES < 100, phases=[Phase.generate]
)


@pytest.fixture
def schema(tmp_path):
    with warnings.catch_warnings():
        # Its own imports are older than the libraries that they are of.
        warnings.simplefilter("ignore")
        import schemathesis
    from tests.serve_site import ANA, key_of, site_of

    from broadsheet.serve.application import create_api
    from broadsheet.serve.guard import LOOPBACK, Guard

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        site = site_of(store, ANA._replace(reports=tmp_path / "reports"))
        store.create_tables()
        app = Guard(create_api(site), hosts=LOOPBACK | {"testserver"})
        made = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
        made.config.checks.positive_data_acceptance.expected_statuses = DONE
        yield made, key_of(site, "admin", rate=1_000_000)


def test_every_route_keeps_to_its_form_whatever_is_sent(schema):
    from schemathesis.generation import GenerationMode

    found, headers = schema
    asked = 0
    for result in found.get_all_operations():
        operation = result.ok()
        takes = bool(operation.body or operation.query or operation.path_parameters or operation.headers)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if takes else (GenerationMode.POSITIVE,):

            @given(case=operation.as_strategy(generation_mode=mode))
            @BOUNDED
            def kept(case):
                case.call_and_validate(headers=headers)

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kept()
        asked += 1
    assert asked >= 25
