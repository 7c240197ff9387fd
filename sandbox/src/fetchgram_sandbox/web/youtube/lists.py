"""What the emulated YouTube answers about lists: pages of playlists and channels, and what follows them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType

from fetchgram_sandbox.web.youtube.player import Data
from fetchgram_sandbox.web.youtube.videos import (
    CHANNEL_ID,
    CHANNEL_TITLE,
    HANDLE,
    LISTINGS,
    Listing,
    Video,
    find,
    find_list,
)

PLAYLIST_PAGE = 100
CHANNEL_PAGE = 30
"""As many as YouTube sends at once."""
TABS = ("videos", "shorts")
CHANNELS: Mapping[str, tuple[str, ...]] = MappingProxyType({HANDLE: TABS, "@shortsonly": ("shorts",)})
"""Tabs of each channel, by handle."""


def playlist_page(listing: Listing) -> Data:
    """Return `ytInitialData` of a playlist."""
    contents = _items(listing, 0)
    section = {"itemSectionRenderer": {"contents": [{"playlistVideoListRenderer": {"contents": contents}}]}}
    stats = [{"runs": [{"text": str(len(listing.ids))}, {"text": " videos"}]}]
    return {
        "metadata": {"playlistMetadataRenderer": {"title": listing.title}},
        "header": {"playlistHeaderRenderer": {"privacy": "PUBLIC", "playlistId": listing.id, "stats": stats}},
        "contents": {
            "twoColumnBrowseResultsRenderer": {
                "tabs": [
                    {"tabRenderer": {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}}
                ]
            }
        },
    }


def channel_page(handle: str, tab: str) -> Data:
    """Return `ytInitialData` of a channel with one tab open: the one that was asked for, if it has that."""
    tabs = CHANNELS[handle]
    chosen = tab if tab in tabs else tabs[0]
    return {
        "metadata": {
            "channelMetadataRenderer": {
                "title": CHANNEL_TITLE,
                "externalId": CHANNEL_ID,
                "vanityChannelUrl": f"http://www.youtube.com/{handle}",
            }
        },
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [_tab(handle, name, chosen) for name in tabs]}},
    }


def clip_page(video_id: str, start_ms: int, end_ms: int) -> Data:
    """Return `ytInitialData` of a clip: a stretch of a video, named by the button that plays it again."""
    loop = {"loopCommand": {"startTimeMs": str(start_ms), "endTimeMs": str(end_ms)}}
    button = {"buttonRenderer": {"command": {"commandExecutorCommand": {"commands": [loop]}}}}
    popup = {"popup": {"notificationActionRenderer": {"actionButton": button}}}
    scrub = {"commandExecutorCommand": {"commands": [{"openPopupAction": popup}]}}
    section = {"clipSectionRenderer": {"contents": [{"clipAttributionRenderer": {"onScrubExit": scrub}}]}}
    return {
        "currentVideoEndpoint": {"watchEndpoint": {"videoId": video_id}},
        "engagementPanels": [{"engagementPanelSectionListRenderer": {"content": section}}],
    }


def missing_page(words: str) -> Data:
    """Return `ytInitialData` of a list that cannot be seen."""
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": {"simpleText": words}}}]}


def continued(token: str) -> Data | None:
    """Return what follows a page; `None` for a token that is not ours."""
    try:
        name, offset = base64.urlsafe_b64decode(token).decode().split(" ")
        listing, place = find_list(name), int(offset)
    except (binascii.Error, ValueError):
        return None
    if listing is None:
        return None
    items = _items(listing, place)
    return {"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": items}}]}


def _tab(handle: str, name: str, chosen: str) -> Data:
    listing = LISTINGS[name]
    renderer: Data = {
        "title": listing.title,
        "endpoint": {"commandMetadata": {"webCommandMetadata": {"url": f"/{handle}/{name}"}}},
    }
    if name == chosen:
        renderer |= {"selected": True, "content": {"richGridRenderer": {"contents": _items(listing, 0)}}}
    return {"tabRenderer": renderer}


def _items(listing: Listing, offset: int) -> list[Data]:
    in_channel = listing.id in TABS
    end = offset + (CHANNEL_PAGE if in_channel else PLAYLIST_PAGE)
    videos = [video for id_ in listing.ids[offset:end] if (video := find(id_)) is not None]
    items = [_in_channel(video) if in_channel else _in_playlist(video) for video in videos]
    if end < len(listing.ids):
        token = base64.urlsafe_b64encode(f"{listing.id} {end}".encode()).decode()
        items.append({"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": {"token": token}}}})
    return items


def _in_playlist(video: Video) -> Data:
    title = {"runs": [{"text": "[Private video]" if video.refusal else video.title}]}
    return {"playlistVideoRenderer": {"videoId": video.id, "title": title, "lengthSeconds": str(video.duration_s)}}


def _in_channel(video: Video) -> Data:
    content = _short(video) if video.id.startswith("s") else _lockup(video)
    return {"richItemRenderer": {"content": content}}


def _lockup(video: Video) -> Data:
    badge = {"thumbnailBadgeViewModel": {"text": f"0:{video.duration_s:02}", "badgeStyle": "DEFAULT"}}
    overlay = {"thumbnailBottomOverlayViewModel": {"badges": [badge]}}
    return {
        "lockupViewModel": {
            "contentId": video.id,
            "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
            "contentImage": {"thumbnailViewModel": {"overlays": [overlay]}},
            "metadata": {"lockupMetadataViewModel": {"title": {"content": video.title}}},
        }
    }


def _short(video: Video) -> Data:
    return {
        "shortsLockupViewModel": {
            "entityId": f"shorts-shelf-item-{video.id}",
            "onTap": {"innertubeCommand": {"reelWatchEndpoint": {"videoId": video.id}}},
            "overlayMetadata": {"primaryText": {"content": video.title}},
        }
    }
