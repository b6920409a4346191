"""Why a call or an item failed, by name."""

from enum import StrEnum

from broadsheet.core.errors import BudgetError, EndpointError, LLMError, RecordingError, ReplyError


class Reason(StrEnum):
    """Why a call gave no answer, or an item no value. Each stands in the ledger under this name."""

    RATE_LIMITED = "rate-limited"  # 429
    SERVER = "server-error"  # 5xx, or an answer that is no chat completion
    TIMEOUT = "timeout"
    DROPPED = "dropped"  # the connection broke
    UNREACHABLE = "unreachable"  # no connection came about
    PARAMETER = "parameter-refused"  # the endpoint does not know a parameter, which is left out from now on
    ACCESS = "access-refused"  # 401, 403
    UNKNOWN = "unknown-model"  # 404
    REJECTED = "request-rejected"  # any other 4xx: this request, not the endpoint
    CIRCUIT = "circuit-open"  # it kept failing, and is not asked any more
    TRUNCATED = "truncated"
    REFUSAL = "refusal"
    INVALID = "invalid"  # it does not fit after the repairs
    BUDGET = "budget"
    UNRECORDED = "unrecorded"


# Another try may go better.
RETRIED = frozenset({Reason.RATE_LIMITED, Reason.SERVER, Reason.TIMEOUT, Reason.DROPPED, Reason.UNREACHABLE, Reason.PARAMETER})
# The endpoint itself is at fault; so many in a row open the circuit.
ENDPOINT = frozenset({Reason.SERVER, Reason.TIMEOUT, Reason.DROPPED, Reason.UNREACHABLE})
# No request will go better.
FATAL = frozenset({Reason.ACCESS, Reason.UNKNOWN})
# Nobody knows whether the provider counted the call.
DOUBTFUL = frozenset({Reason.TIMEOUT, Reason.DROPPED})

_ERRORS: dict[Reason, type[LLMError]] = {
    Reason.ACCESS: EndpointError,
    Reason.UNKNOWN: EndpointError,
    Reason.CIRCUIT: EndpointError,
    Reason.UNREACHABLE: EndpointError,
    Reason.TRUNCATED: ReplyError,
    Reason.REFUSAL: ReplyError,
    Reason.INVALID: ReplyError,
    Reason.BUDGET: BudgetError,
    Reason.UNRECORDED: RecordingError,
}


class CallError(LLMError):
    """One call that gave no reply: the reason, two lines, and the seconds that the server asks to wait, if it does."""

    def __init__(self, reason: Reason, what: str, mend: str, *, retry_after: float | None = None) -> None:
        super().__init__(what, mend)
        self.reason, self.retry_after = reason, retry_after


def error_of(reason: Reason, what: str, mend: str) -> LLMError:
    """Return the error of the house's tree for a reason."""
    return _ERRORS.get(reason, LLMError)(what, mend)
