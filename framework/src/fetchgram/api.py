"""The one module that plugins import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from fetchgram.cli.signals import run_until_signal
from fetchgram.control.care_ports import HealthField, Maintenance
from fetchgram.control.people_ports import Access, People
from fetchgram.control.ports import Audit, Control, PluginsField, Privacy
from fetchgram.control.work_ports import Failures, Jobs, Statistics
from fetchgram.errors import (
    CannotDeliver,
    ChoiceGone,
    ConfigError,
    ContentUnavailable,
    DiskFull,
    FetchgramError,
    FfmpegError,
    LimitReached,
    LinkError,
    NotAllowed,
    PluginError,
    Reason,
    TemporarilyUnavailable,
    TooLarge,
    Uncertain,
    UnsupportedLink,
    WorkerCrashed,
    WorkerFailed,
    WorkerTimeout,
    first_failure,
    is_no_room,
)
from fetchgram.hookspecs import hookimpl
from fetchgram.model import (
    At,
    Broadcast,
    BroadcastState,
    Certainty,
    Chapter,
    Chat,
    Checkpoint,
    Choice,
    ChoiceKind,
    Circle,
    Delivery,
    DeliveryState,
    Destination,
    Entry,
    Event,
    FileId,
    Folder,
    Forecast,
    Growing,
    Inline,
    InputKind,
    Job,
    JobState,
    Json,
    KeyMoment,
    Languages,
    Link,
    LinkButton,
    LinkKind,
    Media,
    MediaKind,
    Option,
    Page,
    Person,
    Post,
    Probe,
    Receipt,
    Recipe,
    Recipients,
    Request,
    RequestState,
    Role,
    Route,
    Sent,
    Stage,
    Step,
    Tally,
    Text,
    Word,
    decode,
    encode,
    text,
)
from fetchgram.model.access import Door, Invite
from fetchgram.model.audit import AuditEntry
from fetchgram.model.failures import FailureGroup, FailureLine, Story
from fetchgram.model.figures import Figures
from fetchgram.model.line import JobCard, JobLine, LinePage
from fetchgram.model.people import PeopleOf, PeoplePage, PersonCard, PersonRow, Usage
from fetchgram.model.plugins import PluginCard, PluginSetting, PluginState, SettingKind, SettingOrigin
from fetchgram.model.upkeep import UpkeepState
from fetchgram.plugins.checks import API_VERSION
from fetchgram.ports import (
    Clock,
    Context,
    Fetched,
    Input,
    Ledger,
    MediaInfo,
    MediaTools,
    Network,
    PluginDatabase,
    Sentences,
    Sink,
    Transaction,
    Watch,
    Workers,
)
from fetchgram.screens import (
    Action,
    Ask,
    AskKind,
    Button,
    Checked,
    CliCommand,
    Command,
    Handler,
    Health,
    HealthCheck,
    HealthReport,
    Interaction,
    Live,
    MessageRef,
    Schedule,
    Screen,
    Show,
)
from fetchgram.settings import MB, Ids, Names, Settings, SettingsModel

if TYPE_CHECKING:
    import typer

__all__ = [
    "API_VERSION",
    "MB",
    "Access",
    "Action",
    "Ask",
    "AskKind",
    "At",
    "Audit",
    "AuditEntry",
    "Broadcast",
    "BroadcastState",
    "Button",
    "CannotDeliver",
    "Certainty",
    "Chapter",
    "Chat",
    "Checked",
    "Checkpoint",
    "Choice",
    "ChoiceGone",
    "ChoiceKind",
    "Circle",
    "CliCommand",
    "Clock",
    "Command",
    "ConfigError",
    "ContentUnavailable",
    "Context",
    "Control",
    "Delivery",
    "DeliveryState",
    "Destination",
    "DiskFull",
    "Door",
    "Entry",
    "Event",
    "FailureGroup",
    "FailureLine",
    "Failures",
    "Fetched",
    "FetchgramError",
    "FfmpegError",
    "Figures",
    "FileId",
    "Folder",
    "Forecast",
    "Growing",
    "Handler",
    "Health",
    "HealthCheck",
    "HealthField",
    "HealthReport",
    "Ids",
    "Inline",
    "Input",
    "InputKind",
    "Interaction",
    "Invite",
    "Job",
    "JobCard",
    "JobLine",
    "JobState",
    "Jobs",
    "Json",
    "KeyMoment",
    "Languages",
    "Ledger",
    "LimitReached",
    "LinePage",
    "Link",
    "LinkButton",
    "LinkError",
    "LinkKind",
    "Live",
    "Maintenance",
    "Media",
    "MediaInfo",
    "MediaKind",
    "MediaTools",
    "MessageRef",
    "Names",
    "Network",
    "NotAllowed",
    "Option",
    "Page",
    "People",
    "PeopleOf",
    "PeoplePage",
    "Person",
    "PersonCard",
    "PersonRow",
    "PluginCard",
    "PluginDatabase",
    "PluginError",
    "PluginSetting",
    "PluginState",
    "PluginsField",
    "Post",
    "Privacy",
    "Probe",
    "Reason",
    "Receipt",
    "Recipe",
    "Recipients",
    "Request",
    "RequestState",
    "Role",
    "Route",
    "Schedule",
    "Screen",
    "Sent",
    "Sentences",
    "SettingKind",
    "SettingOrigin",
    "Settings",
    "SettingsModel",
    "Show",
    "Sink",
    "Stage",
    "Statistics",
    "Step",
    "Story",
    "Tally",
    "TemporarilyUnavailable",
    "Text",
    "TooLarge",
    "Transaction",
    "Uncertain",
    "UnsupportedLink",
    "UpkeepState",
    "Usage",
    "Watch",
    "Word",
    "WorkerCrashed",
    "WorkerFailed",
    "WorkerTimeout",
    "Workers",
    "decode",
    "encode",
    "first_failure",
    "hookimpl",
    "is_no_room",
    "open_media",
    "run_until_signal",
    "text",
    "with_context",
]

T = TypeVar("T")


@asynccontextmanager
async def open_media(settings: Settings) -> AsyncIterator[MediaTools]:
    """Open what looks at and works on local files, for a command of a plugin; its context's `obj` has the settings."""
    from fetchgram.workers.media import open_local_media  # noqa: PLC0415  # commands that need it pay for it

    async with open_local_media(settings) as media:
        yield media


def with_context(command: typer.Context, plugin: str, work: Callable[[Context], Awaitable[T]]) -> T:
    """Do the work of a plugin's command (`cli_commands`) with what the plugin is given in the bot.

    An error of the error tree becomes one sentence and an exit code.

    Args:
        command: Of typer, as the command got it.
        plugin: Whose context.
        work: Gets it; children and connections are started when it first uses them.
    """
    from fetchgram.cli.plugin_command import with_context as run  # noqa: PLC0415  # not needed in the bot

    return run(command, plugin, work)
