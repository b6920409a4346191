"""One port to language models: requests, replies, a client with a ledger. No SDK is imported before a model is opened."""

from broadsheet.core.llm.client import Client, Clock, Failure, Result
from broadsheet.core.llm.faults import CallError, Reason
from broadsheet.core.llm.ledger import Ledger, Summary
from broadsheet.core.llm.limits import Limits
from broadsheet.core.llm.port import LLM, Message, Reply, Request, call_key
from broadsheet.core.llm.prices import Budget, ModelPrice, Prices
from broadsheet.core.llm.specs import open_llm

__all__ = [
    "LLM",
    "Budget",
    "CallError",
    "Client",
    "Clock",
    "Failure",
    "Ledger",
    "Limits",
    "Message",
    "ModelPrice",
    "Prices",
    "Reason",
    "Reply",
    "Request",
    "Result",
    "Summary",
    "call_key",
    "open_llm",
]
