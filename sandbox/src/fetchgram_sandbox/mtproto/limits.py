"""What the MTProto server refuses. Everything here is configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MtprotoLimits:
    """The limits of core.telegram.org/api/files#uploading-files and of limits.tginfo.me."""

    part_bytes: int = 512 * 1024
    # `upload_max_fileparts_default` and `_premium` of core.telegram.org/api/config#client-configuration
    parts: int = 4000
    premium_parts: int = 8000
    # Files over this size are uploaded by saveBigFilePart and have no checksum.
    small_file_bytes: int = 10 * 1024 * 1024
    caption_units: int = 1024
    text_units: int = 4096
    download_bytes: int = 1024 * 1024
    album_items: int = 10
