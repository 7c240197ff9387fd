"""Small protocols: what the parts and the plugins need from outside."""

from __future__ import annotations

from fetchgram.ports.context import Context
from fetchgram.ports.database import Parameters, PluginDatabase, Transaction
from fetchgram.ports.media import Input, MediaInfo, MediaTools, Watch
from fetchgram.ports.network import Fetched, Network
from fetchgram.ports.stages import Ledger, Sink
from fetchgram.ports.texts import NotifyAdmins, Sentences
from fetchgram.ports.time import Clock
from fetchgram.ports.workers import Workers

__all__ = [
    "Clock",
    "Context",
    "Fetched",
    "Input",
    "Ledger",
    "MediaInfo",
    "MediaTools",
    "Network",
    "NotifyAdmins",
    "Parameters",
    "PluginDatabase",
    "Sentences",
    "Sink",
    "Transaction",
    "Watch",
    "Workers",
]
