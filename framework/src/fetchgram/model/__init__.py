"""The words of fetchgram: frozen, JSON-able, understood by every part and every plugin."""

from __future__ import annotations

from fetchgram.model.codec import Json, Word, decode, encode
from fetchgram.model.links import Certainty, Chapter, Choice, ChoiceKind, Entry, Languages, Link, LinkKind, Page, Probe
from fetchgram.model.media import (
    Chat,
    Destination,
    FileId,
    Folder,
    Growing,
    Inline,
    Media,
    MediaKind,
    Receipt,
    Route,
)
from fetchgram.model.recipes import At, InputKind, Option, Recipe, Step
from fetchgram.model.text import Text, text
from fetchgram.model.work import (
    Checkpoint,
    Delivery,
    DeliveryState,
    Event,
    Job,
    JobState,
    Person,
    Request,
    RequestState,
    Role,
    Stage,
)

__all__ = [
    "At",
    "Certainty",
    "Chapter",
    "Chat",
    "Checkpoint",
    "Choice",
    "ChoiceKind",
    "Delivery",
    "DeliveryState",
    "Destination",
    "Entry",
    "Event",
    "FileId",
    "Folder",
    "Growing",
    "Inline",
    "InputKind",
    "Job",
    "JobState",
    "Json",
    "Languages",
    "Link",
    "LinkKind",
    "Media",
    "MediaKind",
    "Option",
    "Page",
    "Person",
    "Probe",
    "Receipt",
    "Recipe",
    "Request",
    "RequestState",
    "Role",
    "Route",
    "Stage",
    "Step",
    "Text",
    "Word",
    "decode",
    "encode",
    "text",
]
