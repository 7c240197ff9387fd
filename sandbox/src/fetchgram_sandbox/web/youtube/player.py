"""What the emulated player answers: `POST /youtubei/v1/player`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urlencode

from fetchgram_sandbox.web.youtube.refusals import Refusal
from fetchgram_sandbox.web.youtube.streams import Stream
from fetchgram_sandbox.web.youtube.videos import CHANNEL_ID, CHANNEL_TITLE, HANDLE, Caption, Video

Data: TypeAlias = dict[str, object]

MEDIA_HOST = "rr1---sn-sandbox.googlevideo.com"
_UNAVAILABLE = Refusal(status="ERROR", reason="Video unavailable", subreason="This video is unavailable")
_OFFLINE = "LIVE_STREAM_OFFLINE"


def player_of(video: Video | None, sizes_bytes: Mapping[str, int], number: int) -> Data:
    """Return the answer about one video.

    Args:
        video: `None` when there is none of this id.
        sizes_bytes: Of the clips that have no size of their own choosing.
        number: Of this answer; the addresses in it carry it, since they end some time after it.
    """
    if video is None:
        return {"playabilityStatus": _status(_UNAVAILABLE)}
    answer: Data = {
        "playabilityStatus": _status(video.refusal) if video.refusal else {"status": "OK", "playableInEmbed": True},
        "videoDetails": _details(video),
        "microformat": {"playerMicroformatRenderer": _microformat(video)},
        "captions": {
            "playerCaptionsTracklistRenderer": {"captionTracks": [_caption(video, c) for c in video.captions]}
        },
    }
    if video.refusal is None:
        answer["streamingData"] = _live(video) if video.is_live else _streaming(video, sizes_bytes, number)
    return answer


def _status(refusal: Refusal) -> Data:
    status: Data = {"status": refusal.status, "reason": refusal.reason}
    if refusal.subreason:
        message = {"reason": _text(refusal.reason), "subreason": _text(refusal.subreason)}
        status["errorScreen"] = {"playerErrorMessageRenderer": message}
    return status


def _details(video: Video) -> Data:
    return {
        "videoId": video.id,
        "title": video.title,
        "lengthSeconds": str(0 if video.is_live else video.duration_s),
        "channelId": CHANNEL_ID,
        "author": CHANNEL_TITLE,
        "shortDescription": video.description,
        "isLive": video.is_live,
        "isLiveContent": video.is_live,
        "isUpcoming": _is_upcoming(video),
        "isPrivate": False,
        "thumbnail": {
            "thumbnails": [{"url": f"https://i.ytimg.com/vi/{video.id}/hqdefault.jpg", "width": 480, "height": 360}]
        },
    }


def _is_upcoming(video: Video) -> bool:
    return video.refusal is not None and video.refusal.status == _OFFLINE


def _microformat(video: Video) -> Data:
    found: Data = {"ownerProfileUrl": f"http://www.youtube.com/{HANDLE}", "isFamilySafe": True, "isUnlisted": False}
    if video.begins_at is not None:
        found["liveBroadcastDetails"] = {"isLiveNow": False, "startTimestamp": video.begins_at.isoformat()}
    return found


def _caption(video: Video, caption: Caption) -> Data:
    query = {"v": video.id, "lang": caption.language} | ({"kind": "asr"} if caption.automatic else {})
    mark = "a." if caption.automatic else "."
    return {
        "baseUrl": f"https://www.youtube.com/api/timedtext?{urlencode(query)}",
        "name": {"simpleText": caption.name},
        "vssId": f"{mark}{caption.language}",
        "languageCode": caption.language,
        "isTranslatable": False,
    } | ({"kind": "asr"} if caption.automatic else {})


def _live(video: Video) -> Data:
    manifest = f"https://manifest.googlevideo.com/api/manifest/hls_variant/id/{video.id}/file/index.m3u8"
    return {"expiresInSeconds": "21540", "hlsManifestUrl": manifest}


def _streaming(video: Video, sizes_bytes: Mapping[str, int], number: int) -> Data:
    return {
        "expiresInSeconds": "21540",
        "formats": [_format(video, video.both, sizes_bytes, number)] if video.both else [],
        "adaptiveFormats": [_format(video, stream, sizes_bytes, number) for stream in video.streams],
    }


def _format(video: Video, stream: Stream, sizes_bytes: Mapping[str, int], number: int) -> Data:
    query = {"id": video.id, "itag": str(stream.itag), "answer": str(number)}
    query |= {"lang": stream.language} if stream.language else {}
    query |= {"kbps": str(video.kbps)} if video.kbps else {}
    found: Data = {
        "itag": stream.itag,
        "url": f"https://{MEDIA_HOST}/videoplayback?{urlencode(query)}",
        "mimeType": stream.mime,
        "bitrate": stream.kbps * 1000,
        "contentLength": str(stream.size_bytes or sizes_bytes[stream.clip]),
        "approxDurationMs": str(video.duration_s * 1000),
        "lastModified": "1767225600000000",
    }
    return found | (_picture(stream) if stream.height_px else _sound(stream))


def _picture(stream: Stream) -> Data:
    quality = {144: "tiny", 240: "small", 360: "medium", 480: "large"}
    height_px = stream.height_px or 0
    return {
        "width": stream.width_px,
        "height": height_px,
        "fps": stream.fps,
        "qualityLabel": stream.label,
        "quality": quality.get(height_px, f"hd{height_px}" if height_px <= 2160 else "highres"),  # noqa: PLR2004 - YouTube's names
    }


def _sound(stream: Stream) -> Data:
    found: Data = {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "44100", "audioChannels": 1}
    if stream.language is None:
        return found
    name = f"{stream.language}{' original' if stream.original else ''}"
    track = {"id": f"{stream.language}.0", "displayName": name, "audioIsDefault": stream.original}
    return found | {"audioTrack": track}


def _text(words: str) -> Data:
    return {"simpleText": words}
