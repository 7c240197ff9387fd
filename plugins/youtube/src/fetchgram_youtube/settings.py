"""What an operator can set for YouTube."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from fetchgram.api import Names, SettingsModel
from fetchgram_ytdlp.settings import FetchSettings


class Settings(FetchSettings, SettingsModel):
    """Section `[plugin.youtube]`."""

    js_runtime: Literal["auto", "off", "deno", "node", "bun", "quickjs"] = Field(
        default="auto",
        description="JavaScript runtime for YouTube's challenges; auto: deno, from its wheel or the path.",
    )
    js_runtime_path: Path | None = Field(default=None, description="Program of `js_runtime`; none: looked for.")
    player_clients: Names = Field(
        default=(), description="Clients that yt-dlp poses as, in its order; none: yt-dlp's own choice."
    )
    po_tokens: SecretStr | None = Field(
        default=None, description="Proofs of origin as `CLIENT.CONTEXT+TOKEN`, separated by commas."
    )
    po_token_provider: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="Address of a server that makes proofs of origin; it has to stand in `network.allow` too.",
    )
    mp3_kbps: int = Field(default=192, ge=0, le=320, description="Bitrate of the MP3 that is offered; 0: no MP3.")
    sponsor_marks: bool = Field(
        default=False, description="Whether captions say where sponsors and the like are; asks sponsor.ajay.app."
    )
