"""Settings: one frozen model of everything that an operator can set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    model_validator,
)

from fetchgram.model.plugins import SettingOrigin

MB = 1_000_000
"""Telegram counts its limits in decimal or binary MB without saying; the smaller reading never fails."""


def split_list(value: object) -> object:
    """Read `a, b` or `["a", "b"]` from the environment as a list."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return cast("object", json.loads(value))
    return [part.strip() for part in value.split(",") if part.strip()]


def read_table(value: object) -> object:
    """Read a JSON object from the environment; `NAME__KEY` sets a single entry."""
    return json.loads(value) if isinstance(value, str) else value


Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Ids: TypeAlias = Annotated[tuple[int, ...], BeforeValidator(split_list)]
Ports: TypeAlias = Annotated[tuple[int, ...], BeforeValidator(split_list)]
Secrets: TypeAlias = Annotated[Mapping[str, SecretStr], BeforeValidator(read_table)]


class SettingsModel(BaseModel):
    """Base of all settings, a plugin's own too: frozen, unknown keys named elsewhere, values never in error texts."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True)


class PluginsSettings(SettingsModel):
    """Which plugins are loaded."""

    disabled: Names = Field(default=(), description="Names of plugins that are not loaded.")
    only: Names = Field(default=(), description="When not empty, only these plugins are loaded.")
    detect_timeout_s: float = Field(default=10.0, gt=0, description="Time for one batch of links.")
    hook_timeout_s: float = Field(default=30.0, gt=0, description="Time for one probe, list page or other short hook.")
    breaker_failures: int = Field(default=5, ge=1, description="Failures of its own making that pause a plugin.")
    breaker_pause_s: float = Field(default=300.0, gt=0, description="Pause before it is tried again.")


class DatabaseSettings(SettingsModel):
    """Where the state rests."""

    url: str | None = Field(
        default=None,
        description="`sqlite:///path` (default: fetchgram.db in data_dir) or `postgresql://user:password@host/name`.",
    )
    wait_s: float = Field(
        default=300.0,
        ge=0,
        description="Longest time that a start waits for a database that is away or locked; 0: none.",
    )


class BotSettings(SettingsModel):
    """One bot account."""

    token: SecretStr = Field(description="From @BotFather.")
    api_url: str = Field(default="https://api.telegram.org", description="Bot API server.")


class DeliverySettings(SettingsModel):
    """How files go out."""

    botapi_max: ByteSize | None = Field(
        default=None,
        description="Largest upload over the Bot API; by default what its server takes (50 MB, a local one 2000 MB), "
        "or 20 MB while larger files can go over MTProto.",
    )
    split: bool = Field(
        default=True, description="Whether a video or sound that no way takes whole goes out in parts that play."
    )
    botapi_local: bool = Field(default=False, description="Whether `api_url` is a local Bot API server (2000 MB).")
    botapi_hand_over: bool = Field(default=False, description="Whether a local server reads files where they are.")
    messages_per_s: float = Field(default=30.0, gt=0, description="Messages a second over all chats.")
    paid_broadcasts: bool = Field(
        default=False, description="Whether broadcasts go at the rate that Telegram sells for Stars."
    )
    paid_messages_per_s: float = Field(
        default=1000.0, gt=0, le=1000, description="Messages a second over all chats while they are paid for."
    )
    edit_interval_s: float = Field(
        default=1.5, gt=0, description="Shortest time between two edits of a status message."
    )
    chat_interval_s: float = Field(default=1.0, ge=0, description="Shortest time between two messages in one chat.")
    group_per_minute: int = Field(default=20, ge=1, description="Messages a minute in one group.")


class MtprotoSettings(SettingsModel):
    """Large files over MTProto; off until `api_id` and `api_hash` are set."""

    api_id: int | None = Field(default=None, description="From my.telegram.org.")
    api_hash: SecretStr | None = Field(default=None, description="From my.telegram.org.")
    server: str | None = Field(
        default=None, pattern=r"^\S+:\d+$", description="`host:port` of the data centre; Telegram's by default."
    )
    public_key: str | None = Field(default=None, description="RSA keys (PEM) of servers that are not Telegram's.")
    proxy: SecretStr | None = Field(
        default=None, description="`socks5://…`, `http://…` or a link of an MTProxy (`tg://proxy?…`)."
    )
    file_max: ByteSize = Field(default=ByteSize(2000 * 1024 * 1024), description="Largest upload of a bot.")
    relay_chat: int | None = Field(
        default=None,
        lt=-1_000_000_000_000,
        description="Id (-100…) of a private group or channel into which a user account uploads what is too large "
        "for a bot, and from which the bots copy.",
    )
    relay_max: ByteSize | None = Field(
        default=None, description="Largest upload of the user account; by default 2000 MiB, with Premium 4000 MiB."
    )
    user_session: SecretStr | None = Field(
        default=None,
        description="Session string of the user account (`fetchgram login --string`); by default the file that "
        "`fetchgram login` writes.",
    )
    connections: int = Field(default=8, ge=1, le=16, description="Connections at most.")
    window: ByteSize = Field(default=ByteSize(8 * 1024 * 1024), description="Bytes under way at most.")

    @property
    def is_set(self) -> bool:
        """Whether there is a route over MTProto."""
        return self.api_id is not None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.api_id is None) != (self.api_hash is None):
            raise ValueError("api_id and api_hash are both needed")
        return self


class NetworkSettings(SettingsModel):
    """The way out for everything that a stranger's link can make us fetch."""

    allow: Names = Field(default=(), description="Hosts (`host`, `host:port`, `cidr`) reachable though not public.")
    upstream_proxy: str | None = Field(default=None, description="HTTP proxy behind the filter.")
    proxies: Secrets = Field(
        default_factory=dict, description="HTTP proxy behind the filter for single plugins, by their names."
    )
    ca_file: Path | None = Field(default=None, description="Certificates trusted besides the usual ones (PEM).")
    ports: Ports = Field(default=(80, 443, 8080, 8443), description="Ports that links may use.")
    connect_timeout_s: float = Field(default=15.0, gt=0, description="Time to reach a server.")
    max_connections: int = Field(default=256, ge=1, description="Connections through the filter at once.")


class LimitsSettings(SettingsModel):
    """What one person may use."""

    links_per_minute: int = Field(default=20, ge=1, description="Links a person may send in a minute.")
    links_per_message: int = Field(default=6, ge=1, description="Links taken from one message.")
    running: int = Field(default=3, ge=1, description="Jobs of one person at once; more wait.")
    waiting: int = Field(default=30, ge=1, description="Jobs of one person in line.")
    list_items: int = Field(default=50, ge=1, le=500, description="Most items taken from one list at a time.")
    jobs_per_hour: int = Field(default=100, ge=0, description="Jobs of one person in an hour; 0: no limit.")
    jobs_per_day: int = Field(default=500, ge=0, description="Jobs of one person in a day; 0: no limit.")
    bytes_per_hour: ByteSize = Field(default=ByteSize(0), description="Bytes for one person in an hour; 0: no limit.")
    bytes_per_day: ByteSize = Field(
        default=ByteSize(20_000 * MB), description="Bytes for one person in a day; 0: no limit."
    )
    minutes_per_hour: int = Field(default=0, ge=0, description="Minutes of media for a person in an hour; 0: no limit.")
    minutes_per_day: int = Field(default=0, ge=0, description="Minutes of media for one person in a day; 0: no limit.")
    file_max: ByteSize = Field(default=ByteSize(4_000 * MB), description="Largest download.")
    owners_exempt: bool = Field(
        default=True, description="Whether owners have no limits; `file_max` and `list_items` hold for all."
    )


class WorkSettings(SettingsModel):
    """How much is done at once."""

    jobs: int = Field(default=6, ge=1, description="Jobs at once; downloads, transcodes and uploads overlap.")
    downloads: int = Field(default=3, ge=1, description="Downloads at once; also children per engine.")
    transcodes: int = Field(default=1, ge=1, description="Files processed after the download at once.")
    uploads: int = Field(default=3, ge=1, description="Uploads at once.")
    line_max: int = Field(default=5_000, ge=1, description="Jobs of everybody in line; more are refused for now.")
    job_timeout_s: float = Field(default=3600.0, gt=0, description="Time for one download.")
    stop_s: float = Field(default=10.0, ge=0, description="Time for running jobs to finish at a stop.")
    attempts: int = Field(default=4, ge=1, description="Tries of one job.")
    room_wait_s: float = Field(default=86_400.0, ge=0, description="A job older than this waits for no room any more.")
    retry_age_s: float = Field(default=86_400.0, gt=0, description="A job older than this is not tried again.")
    lease_s: float = Field(default=30.0, gt=1, description="A job whose worker is silent for this long is taken over.")
    disk_floor: ByteSize = Field(default=ByteSize(500 * MB), description="Free disk that no download is promised.")
    menu_ttl_s: float = Field(default=86_400.0, gt=0, description="Life of a menu's buttons.")
    keep_days: int = Field(default=90, ge=2, description="Days that ended requests, their jobs and events are kept.")
    cache_ttl_s: float = Field(default=30 * 86_400.0, gt=0, description="Life of a cached file id.")
    child_memory: ByteSize = Field(default=ByteSize(1_000 * MB), description="Memory of one child process.")


class LogSettings(SettingsModel):
    """What is logged and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level shown.")
    format: Literal["auto", "text", "json"] = Field(default="auto", description="`auto`: text on a terminal.")


class FfmpegSettings(SettingsModel):
    """The ffmpeg that is used."""

    path: Path | None = Field(default=None, description="Default: the system's, else the packaged one.")
    nice: int = Field(default=5, ge=0, le=19, description="Added to the bot's own niceness.")
    threads: int = Field(default=0, ge=0, description="Threads of one encoder; 0: as many as it likes.")
    memory: ByteSize = Field(default=ByteSize(3_000 * MB), description="Memory of one run.")
    stall_s: float = Field(default=60.0, gt=0, description="A run without any progress for this long is given up.")


class Settings(SettingsModel):
    """Everything an operator can set."""

    data_dir: Path = Field(default=Path("data"), description="Database, sessions and work folders.")
    owners: Ids = Field(default=(), description="Telegram user ids of the owners.")
    bots: Mapping[str, BotSettings] = Field(default_factory=dict, description="`[bots.main] token = …`")
    database: DatabaseSettings = DatabaseSettings()
    plugins: PluginsSettings = PluginsSettings()
    delivery: DeliverySettings = DeliverySettings()
    mtproto: MtprotoSettings = MtprotoSettings()
    network: NetworkSettings = NetworkSettings()
    limits: LimitsSettings = LimitsSettings()
    work: WorkSettings = WorkSettings()
    log: LogSettings = LogSettings()
    ffmpeg: FfmpegSettings = FfmpegSettings()
    plugin: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict, description="`[plugin.<name>]`: checked by the plugin's own Settings."
    )
    _origins: dict[str, SettingOrigin] = PrivateAttr(default_factory=dict)

    def note_origins(self, given: Mapping[SettingOrigin, Mapping[str, Any]]) -> None:
        """Remember what was given where, the last one before the others."""
        for origin, values in given.items():
            self._origins.update(dict.fromkeys(_paths(values), origin))

    def origin(self, path: str) -> SettingOrigin:
        """Say where a value was given, as of `limits.running`."""
        return self._origins.get(path, SettingOrigin.DEFAULT)


def _paths(given: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in given.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{above}{name}.")
