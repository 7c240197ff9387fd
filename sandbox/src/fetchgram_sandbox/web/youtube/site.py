"""The emulated YouTube: pages, the player, lists, media, thumbnails and subtitles, by host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import web

from fetchgram_sandbox.streaming import send
from fetchgram_sandbox.web.kitchen import Kitchen, padded
from fetchgram_sandbox.web.site import Handler, Sample
from fetchgram_sandbox.web.youtube.lists import (
    CHANNELS,
    channel_page,
    clip_page,
    continued,
    missing_page,
    playlist_page,
)
from fetchgram_sandbox.web.youtube.player import Data, player_of
from fetchgram_sandbox.web.youtube.subtitles import MIMES, subtitles_of
from fetchgram_sandbox.web.youtube.videos import (
    CHANNEL_ID,
    CHANNEL_TITLE,
    CLIPS,
    HANDLE,
    PREMIERE,
    SPONSORS,
    Video,
    find,
    find_list,
)

ROTATED = "rotated"
"""Begins the value of `LOGIN_INFO` in cookies that are not valid any more."""
_LOGIN = "LOGIN_INFO"
_WATCH = "https://www.youtube.com/watch?v="
_SAMPLES = (
    Sample("A YouTube video", f"{_WATCH}colourtest1"),
    Sample("A YouTube video, slowly", f"{_WATCH}slowvideo01"),
    Sample("A short", "https://www.youtube.com/shorts/vertical001"),
    Sample("From 144p to 8K", "https://youtu.be/everything1"),
    Sample("A premiere", f"{_WATCH}{PREMIERE}"),
    Sample("A private video", f"{_WATCH}privateone1"),
)
_CONTEXT = {"client": {"clientName": "WEB", "clientVersion": "2.20260101.00.00", "hl": "en", "visitorData": "sandbox"}}
_CONFIG: Mapping[str, object] = MappingProxyType({"INNERTUBE_CONTEXT": _CONTEXT, "VISITOR_DATA": "sandbox"})
_PLAYER = "/s/player/5a9db0c5/player_es6.vflset/en_US/base.js"
_SCRIPT = "var sandbox={signatureTimestamp:20000};"
_THUMBNAIL = ("-f", "lavfi", "-i", "testsrc2=size=480x360", "-frames:v", "1", "-q:v", "4")
_LIVE = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360\nindex-360.m3u8\n"


class YouTube:
    """Answers for YouTube's hosts.

    Args:
        kitchen: Makes the clips.

    Attributes:
        cuts: After how many bytes the line is cut, for the next answers with media; taken from the front.
        answers: How many the player has given.
        ended: The media addresses in so many of them, from the first on, are refused: their time is over.
    """

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen
        self.cuts: list[int] = []
        self.answers = 0
        self.ended = 0

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Who answers for each host."""
        return {
            "www.youtube.com": self._page,
            "i.ytimg.com": self._thumbnail,
            "manifest.googlevideo.com": self._live_manifest,
            "*.googlevideo.com": self._media,
            "sponsor.ajay.app": self._sponsors,
        }

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Links to try."""
        return _SAMPLES

    async def _page(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith("/youtubei/v1/"):
            return _logged_out(request, await self._api(request))
        if path == "/api/timedtext":
            return _subtitles(request)
        if path == "/iframe_api":
            return web.Response(text=f"var scriptUrl='{_PLAYER}';", content_type="text/javascript")
        if path.startswith("/s/player/"):
            return web.Response(text=_SCRIPT, content_type="text/javascript")
        return _logged_out(request, _html(request))

    async def _api(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        endpoint, video = request.path.rpartition("/")[2], _seen_by(request, find(str(asked.get("videoId", ""))))
        if (status := _http_status(video)) != HTTPStatus.OK:
            return _refused(status)
        match endpoint:
            case "player":
                self.answers += 1
                return web.json_response(player_of(video, await self._sizes_bytes(video), self.answers))
            case "next":
                return web.json_response(_watch(video))
            case "browse":
                found = _browsed(asked)
                return web.json_response(found) if found is not None else _refused(HTTPStatus.BAD_REQUEST)
            case _:
                return _refused(HTTPStatus.NOT_FOUND)

    async def _sizes_bytes(self, video: Video | None) -> Mapping[str, int]:
        streams = () if video is None else (*video.streams, *((video.both,) if video.both else ()))
        return {
            stream.clip: len(await self._kitchen.clip(stream.clip, stream.recipe))
            for stream in streams
            if stream.size_bytes is None
        }

    async def _media(self, request: web.Request) -> web.StreamResponse:
        video = find(request.query.get("id", ""))
        stream = video.find(int(request.query.get("itag", "0")), request.query.get("lang")) if video else None
        if stream is None or int(request.query.get("answer", "0")) <= self.ended:
            raise web.HTTPForbidden
        clip = await self._kitchen.clip(stream.clip, stream.recipe)
        mime = stream.mime.partition(";")[0]
        cut_after = self.cuts.pop(0) if self.cuts else 0
        return await send(request, padded(clip, stream.size_bytes, mime), mime, cut_after=cut_after)

    async def _thumbnail(self, request: web.Request) -> web.StreamResponse:
        if not request.path.endswith(".jpg"):
            raise web.HTTPNotFound
        return web.Response(body=await self._kitchen.clip("thumbnail.jpg", _THUMBNAIL), content_type="image/jpeg")

    async def _sponsors(self, request: web.Request) -> web.StreamResponse:
        found = [
            {"videoID": id_, "segments": [{"segment": list(stretch), "category": "sponsor"} for stretch in stretches]}
            for id_, stretches in SPONSORS.items()
            if request.path.endswith(f"/{hashlib.sha256(id_.encode()).hexdigest()[:4]}")
        ]
        return web.json_response(found, status=HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)

    async def _live_manifest(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=_LIVE, content_type="application/vnd.apple.mpegurl")


def _seen_by(request: web.Request, video: Video | None) -> Video | None:
    """Return the video as who asks sees it: some refusals end with a login."""
    is_known = _LOGIN in request.cookies and "Authorization" in request.headers and not _is_rotated(request)
    opens = video is not None and video.refusal is not None and video.refusal.opens_to_login
    return replace(video, refusal=None) if video is not None and opens and is_known else video


def _is_rotated(request: web.Request) -> bool:
    """Whether the browser that these cookies are from has got others meanwhile."""
    return request.cookies.get(_LOGIN, "").startswith(ROTATED)


def _logged_out(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Take the login from cookies that were rotated, as YouTube does with every answer."""
    if _is_rotated(request):
        response.del_cookie(_LOGIN, domain=".youtube.com")
    return response


def _html(request: web.Request) -> web.StreamResponse:
    """Answer with a page as a browser gets it: configuration and data in scripts."""
    if (status := _http_status(find(request.query.get("v", "")))) != HTTPStatus.OK:
        return _refused(status)
    data = _page_data(request)
    if data is None:
        raise web.HTTPNotFound
    scripts = f"ytcfg.set({json.dumps(dict(_CONFIG))});</script><script>var ytInitialData = {json.dumps(data)};"
    return web.Response(
        text=f"<!doctype html><title>Sandbox</title><script>{scripts}</script>", content_type="text/html"
    )


def _page_data(request: web.Request) -> Data | None:
    parts = request.path.strip("/").split("/")
    if parts[0] == "playlist":
        listing = find_list(request.query.get("list", ""))
        return playlist_page(listing) if listing else missing_page("The playlist does not exist.")
    if parts[0] in ("watch", "embed"):
        return _watch(find(request.query.get("v", parts[-1])))
    if parts[0] == "clip":
        return clip_page(*CLIPS[parts[1]]) if parts[-1] in CLIPS else None
    handle = HANDLE if parts[:2] in (["channel", CHANNEL_ID], ["c", HANDLE[1:]], ["user", HANDLE[1:]]) else parts[0]
    return channel_page(handle, parts[-1]) if handle in CHANNELS else None


def _watch(video: Video | None) -> Data:
    chapters = [
        {"chapterRenderer": {"title": {"simpleText": each.title}, "timeRangeStartMillis": each.start_s * 1000}}
        for each in (video.chapters if video else ())
    ]
    bar = {"playerBar": {"chapteredPlayerBarRenderer": {"chapters": chapters}}}
    decorated = {"decoratedPlayerBarRenderer": {"decoratedPlayerBarRenderer": bar}}
    owner = {"videoOwnerRenderer": {"title": {"runs": [{"text": CHANNEL_TITLE}]}}}
    contents = [{"videoSecondaryInfoRenderer": {"owner": owner}}]
    return {
        "contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}},
        "playerOverlays": {"playerOverlayRenderer": decorated},
    }


def _browsed(asked: Mapping[str, object]) -> Data | None:
    if "continuation" in asked:
        return continued(str(asked["continuation"]))
    listing = find_list(str(asked.get("browseId", "")).removeprefix("VL"))
    return playlist_page(listing) if listing else None


def _subtitles(request: web.Request) -> web.StreamResponse:
    video = find(request.query.get("v", ""))
    kind = request.query.get("fmt", "srv1")
    if video is None or kind not in MIMES:
        raise web.HTTPNotFound
    words = subtitles_of(video, request.query.get("lang", "en"), kind)
    return web.Response(text=words, content_type=MIMES[kind])


def _http_status(video: Video | None) -> int:
    return video.refusal.http_status if video is not None and video.refusal is not None else HTTPStatus.OK


def _refused(status: int) -> web.StreamResponse:
    headers = {"Retry-After": "120"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    error = {"error": {"code": int(status), "message": HTTPStatus(status).phrase}}
    return web.json_response(error, status=status, headers=headers)
