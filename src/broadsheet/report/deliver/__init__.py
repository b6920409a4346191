"""Delivery of the page: an outbox, and channels that deliver exactly once what can be, and tell what cannot be known."""

from broadsheet.report.deliver.channels import FilesChannel, Place, open_channel, parcel
from broadsheet.report.deliver.feeds import FeedChannel, FeedPlace
from broadsheet.report.deliver.mail import Letter, compose
from broadsheet.report.deliver.outbox import DELIVERIES, Channel, Delivery, Outbox, Outcome, Parcel, Put, State
from broadsheet.report.deliver.sending import Sent, Wanted, send_archive
from broadsheet.report.deliver.settings import DeliveryConfig, MailConfig
from broadsheet.report.deliver.smtp import MailChannel

__all__ = [
    "DELIVERIES",
    "Channel",
    "Delivery",
    "DeliveryConfig",
    "FeedChannel",
    "FeedPlace",
    "FilesChannel",
    "Letter",
    "MailChannel",
    "MailConfig",
    "Outbox",
    "Outcome",
    "Parcel",
    "Place",
    "Put",
    "Sent",
    "State",
    "Wanted",
    "compose",
    "open_channel",
    "parcel",
    "send_archive",
]
