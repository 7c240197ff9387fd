"""From the streams of a site to the buttons of a menu, and from a button back to streams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fetchgram.api import Certainty, Choice, ChoiceGone, ChoiceKind

PLAYABLE_CODECS = ("h264", "hevc", "vp9", "av1")
"""By how many phones decode them in hardware, most first."""
_MP4_VIDEO = frozenset({*PLAYABLE_CODECS, "mpeg4"})
_MP4_AUDIO = frozenset({"aac", "mp3", "opus", "ac3", "eac3"})
_WEBM_VIDEO = frozenset({"vp8", "vp9", "av1"})
_WEBM_AUDIO = frozenset({"opus", "vorbis"})
_AUDIO_CONTAINERS = {"aac": "m4a", "mp3": "mp3", "opus": "ogg", "vorbis": "ogg", "flac": "flac"}
_SMOOTH_FPS = 30
_BITRATE_STEP_KBPS = 8
_BITS_PER_BYTE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What shapes the offers besides the streams.

    Args:
        max_height_px: Tallest video; `None` for all.
        mp3_kbps: Bitrate of an MP3 that is offered too; `None` for none.
        duration_s: Of the sound, which tells the size of an MP3.
        picture: Whether the site's picture of the media is offered as a file.
    """

    max_height_px: int | None = None
    mp3_kbps: int | None = None
    duration_s: float | None = None
    picture: bool = False


_PLAIN_WISH = Wish()
_PICTURE = Choice(kind=ChoiceKind.THUMBNAIL, container="jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One stream, or one file with several, as a site has it.

    Args:
        format_id: The site's name for it; never leaves this package.
        order: Place in yt-dlp's order, the best is last.
        has_video: Whether there is a picture.
        has_audio: Whether there is sound.
        container: Suffix of the file.
        video_codec: Normalised; `None` when unknown.
        audio_codec: Normalised; `None` when unknown.
        height_px: Of the picture.
        fps: Frames per second.
        is_hdr: High dynamic range.
        language: Of the sound (BCP 47).
        bitrate_kbps: Of the sound when it stands alone, else of the whole.
        size_bytes: Of the file.
        certainty: How far the size can be trusted.
        is_pieces: Whether it comes in pieces (HLS, DASH), whose file has to be put into a container.
        is_image: Whether it is a picture.
    """

    format_id: str
    order: int
    has_video: bool
    has_audio: bool
    container: str
    video_codec: str | None = None
    audio_codec: str | None = None
    height_px: int | None = None
    fps: float | None = None
    is_hdr: bool = False
    language: str | None = None
    bitrate_kbps: float | None = None
    size_bytes: int | None = None
    certainty: Certainty = Certainty.UNKNOWN
    is_pieces: bool = False
    is_image: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice and the streams that make it, picture first."""

    choice: Choice
    tracks: tuple[Track, ...]


def offers(tracks: Sequence[Track], wish: Wish = _PLAIN_WISH) -> tuple[Offer, ...]:
    """Return what can be chosen, best first: videos by height, then sound, then pictures."""
    videos, audios = _videos(tracks, wish.max_height_px), _audios(tracks)
    pictures = (Offer(_PICTURE, ()),) if wish.picture and (videos or audios) else ()
    return (*videos, *audios, *_mp3(audios, wish), *_images(tracks), *pictures)


def resolve(tracks: Sequence[Track], choice: Choice, wish: Wish = _PLAIN_WISH) -> Offer:
    """Find the streams of a choice again.

    Raises:
        ChoiceGone: If there are none; carries what there is.
    """
    now = offers(tracks, wish)
    spoken = _in_language(tracks, choice.language)
    found = next((offer for offer in offers(spoken, wish) if _same(offer.choice, choice)), None)
    if found is None:
        raise ChoiceGone(tuple(offer.choice for offer in now))
    return replace(found, choice=replace(found.choice, language=choice.language))


def shortened(tracks: Sequence[Track], seconds: float | None) -> Sequence[Track]:
    """Return the streams with the sizes of a stretch of them, as far as bitrates tell; of the whole for `None`."""
    if seconds is None:
        return tracks
    return [_shortened(track, seconds) for track in tracks]


def _shortened(track: Track, seconds: float) -> Track:
    size_bytes = int(track.bitrate_kbps * 1000 / _BITS_PER_BYTE * seconds) if track.bitrate_kbps else None
    certainty = Certainty.APPROXIMATE if size_bytes else Certainty.UNKNOWN
    return replace(track, size_bytes=size_bytes, certainty=certainty)


def audio_languages(tracks: Iterable[Track]) -> tuple[str, ...]:
    """Return the languages of the sound, where there are several."""
    found = tuple(dict.fromkeys(t.language for t in tracks if t.has_audio and t.language))
    return found if len(found) > 1 else ()


def _same(one: Choice, other: Choice) -> bool:
    """Compare what a person chose by; sizes and bitrates differ from one look to the next."""
    return (
        (one.kind, one.height_px, one.hdr) == (other.kind, other.height_px, other.hdr)
        and (one.fps is None) == (other.fps is None)
        and (one.codec, one.container) == (other.codec, other.container)
    )


def _in_language(tracks: Sequence[Track], language: str | None) -> Sequence[Track]:
    if language is None:
        return tracks
    return [track for track in tracks if not track.has_audio or track.language == language]


def _videos(tracks: Sequence[Track], max_height_px: int | None) -> tuple[Offer, ...]:
    best: dict[tuple[int, bool, bool], Track] = {}
    for track in tracks:
        height_px = track.height_px or 0
        if not track.has_video or track.is_image or (max_height_px is not None and height_px > max_height_px):
            continue
        key = (height_px, _is_smooth(track), track.is_hdr)
        if key not in best or _playability(track) > _playability(best[key]):
            best[key] = track
    if len(best) > 1:  # a stream of unknown height says nothing beside those that have one
        best = {key: track for key, track in best.items() if key[0]}
    return tuple(_video_offer(best[key], tracks) for key in sorted(best, key=_rank, reverse=True))


def _rank(key: tuple[int, bool, bool]) -> tuple[int, bool, bool]:
    """Put the one that plays everywhere first among those of one height."""
    height_px, is_smooth, is_hdr = key
    return height_px, not is_hdr, is_smooth


def _playability(track: Track) -> tuple[int, bool, int]:
    rank = PLAYABLE_CODECS.index(track.video_codec) if track.video_codec in PLAYABLE_CODECS else len(PLAYABLE_CODECS)
    return -rank, track.container in ("mp4", "m4v", "mov"), track.order


def _video_offer(video: Track, tracks: Sequence[Track]) -> Offer:
    audio = None if video.has_audio else _sound_for(video, tracks)
    parts = (video,) if audio is None else (video, audio)
    size_bytes, certainty = _size(parts)
    choice = Choice(
        kind=ChoiceKind.VIDEO,
        height_px=video.height_px,
        fps=round(video.fps) if video.fps is not None and _is_smooth(video) else None,
        hdr=video.is_hdr,
        codec=video.video_codec,
        container=_container(video, audio),
        size_bytes=size_bytes,
        certainty=certainty,
    )
    return Offer(choice, parts)


def _is_smooth(track: Track) -> bool:
    return track.fps is not None and round(track.fps) > _SMOOTH_FPS


def _sound_for(video: Track, tracks: Sequence[Track]) -> Track | None:
    sounds = [track for track in tracks if track.has_audio and not track.has_video]
    wanted = _WEBM_AUDIO if video.video_codec == "vp8" else {"aac"}
    return max(sounds, key=lambda track: (track.audio_codec in wanted, track.order), default=None)


def _container(video: Track, audio: Track | None) -> str:
    sound = audio.audio_codec if audio else video.audio_codec
    if video.video_codec is None:
        return "mp4" if video.is_pieces else video.container
    if video.video_codec in _MP4_VIDEO and (sound is None or sound in _MP4_AUDIO):
        return "mp4"
    is_webm = video.video_codec in _WEBM_VIDEO and (sound is None or sound in _WEBM_AUDIO)
    return "webm" if is_webm else "mkv"


def _audios(tracks: Sequence[Track]) -> tuple[Offer, ...]:
    """Offer the best sound of each kind; where there is none alone, that of a small video."""
    best: dict[tuple[str | None, str], Track] = {}
    for track in tracks:
        if track.has_audio and not track.has_video:
            container = _AUDIO_CONTAINERS.get(track.audio_codec or "", track.container)
            key = (track.audio_codec, container)
            if key not in best or track.order > best[key].order:
                best[key] = track
    if best:
        ordered = sorted(best, key=lambda key: (key[0] != "aac", -best[key].order))
        return tuple(_audio_offer(best[key], container=key[1]) for key in ordered)
    return _extracted(tracks)


def _audio_offer(track: Track, *, container: str) -> Offer:
    choice = Choice(
        kind=ChoiceKind.AUDIO,
        codec=track.audio_codec,
        container=container,
        bitrate_kbps=_rounded(track.bitrate_kbps),
        size_bytes=track.size_bytes,
        certainty=track.certainty,
    )
    return Offer(choice, (track,))


def _mp3(audios: Sequence[Offer], wish: Wish) -> tuple[Offer, ...]:
    """Offer the best sound as MP3, for players that know nothing else, unless the site has one."""
    if wish.mp3_kbps is None or not audios or any(offer.choice.codec == "mp3" for offer in audios):
        return ()
    source = max(audios, key=lambda offer: offer.tracks[0].order)
    size_bytes = int(wish.mp3_kbps * 1000 / _BITS_PER_BYTE * wish.duration_s) if wish.duration_s else None
    choice = Choice(
        kind=ChoiceKind.AUDIO,
        codec="mp3",
        container="mp3",
        bitrate_kbps=wish.mp3_kbps,
        size_bytes=size_bytes,
        certainty=Certainty.APPROXIMATE if size_bytes else Certainty.UNKNOWN,
    )
    return (Offer(choice, source.tracks),)


def _rounded(kbps: float | None) -> int | None:
    """Round a measured bitrate, so that equal wishes have equal fingerprints from one look to the next."""
    return None if kbps is None else max(_BITRATE_STEP_KBPS, round(kbps / _BITRATE_STEP_KBPS) * _BITRATE_STEP_KBPS)


def _extracted(tracks: Sequence[Track]) -> tuple[Offer, ...]:
    with_sound = [track for track in tracks if track.has_audio and track.has_video]
    if not with_sound:
        return ()
    # Sound is often the same in all of them: the smallest with a picture of some quality is the quickest way to it.
    source = min(with_sound, key=lambda track: ((track.height_px or 0) < 240, track.height_px or 0, -track.order))  # noqa: PLR2004
    return (Offer(Choice(kind=ChoiceKind.AUDIO, codec="aac", container="m4a"), (source,)),)


def _images(tracks: Sequence[Track]) -> tuple[Offer, ...]:
    images = [track for track in tracks if track.is_image]
    return tuple(
        Offer(
            Choice(
                kind=ChoiceKind.IMAGE,
                height_px=track.height_px,
                container=track.container,
                size_bytes=track.size_bytes,
                certainty=track.certainty,
            ),
            (track,),
        )
        for track in images[-1:]
    )


def _size(tracks: Sequence[Track]) -> tuple[int | None, Certainty]:
    sizes = [track.size_bytes for track in tracks]
    if any(size is None for size in sizes):
        return None, Certainty.UNKNOWN
    is_exact = all(track.certainty is Certainty.EXACT for track in tracks)
    return sum(size or 0 for size in sizes), Certainty.EXACT if is_exact else Certainty.APPROXIMATE
