"""What Telegram refuses: how fast, how large, how long. Everything here is configuration."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages in so many seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a Bot API server; `None` switches a rate off.

    Telegram does not publish the exact algorithm of its rates: never test against one exact number.
    """

    # See core.telegram.org/bots/faq, "My bot is hitting limits": about 30 messages a second in all, one a second in a
    # chat ("short bursts" pass), 20 a minute in a group.
    overall: Rate | None = Rate(30, 1.0)
    private: Rate | None = Rate(3, 3.0)
    group: Rate | None = Rate(20, 60.0)
    # See core.telegram.org/bots/api#sendmessage, `allow_paid_broadcast`: up to 1000 messages a second.
    paid: Rate | None = Rate(1000, 1.0)
    # Edits are limited too, by numbers that nobody has published.
    edits: Rate | None = None
    # See core.telegram.org/bots/api#sending-files: 10 MB for photos, 50 MB for other files.
    upload_bytes: int = 50 * _MIB
    photo_bytes: int = 10 * _MIB
    # See core.telegram.org/bots/api#sendphoto
    photo_sides_sum_px: int = 10_000
    photo_ratio: int = 20
    # See core.telegram.org/bots/api#getfile
    download_bytes: int = 20 * _MIB
    # See core.telegram.org/bots/api#sendvideo, `thumbnail`
    thumbnail_bytes: int = 200 * 1000
    thumbnail_side_px: int = 320
    # See core.telegram.org/bots/api#sendmessage and #sendvideo: characters after entities parsing.
    text_units: int = 4096
    caption_units: int = 1024
    # See core.telegram.org/api/entities; limits.tginfo.me, "messages".
    entities: int = 100
    # See core.telegram.org/bots/api#inlinekeyboardbutton
    callback_data_bytes: int = 64
    keyboard_buttons: int = 100
    # See core.telegram.org/bots/api#answercallbackquery
    answer_units: int = 200
    # See core.telegram.org/bots/api#sendmediagroup
    album_items: int = 10
    # See core.telegram.org/bots/api#deletemessage
    delete_s: float = 48 * 3600
    # See core.telegram.org/bots/api#getting-updates: kept no longer than 24 hours.
    updates_kept_s: float = 24 * 3600
    # Not published; taps have been seen to expire after minutes.
    query_answer_s: float = 300.0
    # See core.telegram.org/bots/api#using-a-local-bot-api-server: uploads up to 2000 MB, local paths.
    is_local_server: bool = False

    @classmethod
    def local_server(cls) -> Limits:
        """Return the limits of a Bot API server that the operator runs."""
        return cls(upload_bytes=2000 * _MIB, download_bytes=2000 * _MIB, is_local_server=True)

    @classmethod
    def unhurried(cls) -> Limits:
        """Return the usual limits without any rate."""
        return cls(overall=None, private=None, group=None, paid=None)


class Windows:
    """Counts messages in sliding windows."""

    def __init__(self) -> None:
        self._sent: dict[object, deque[float]] = defaultdict(deque)

    def wait_s(self, key: object, rate: Rate | None, now: float, cost: int = 1) -> int:
        """Return how long a sender has to wait, 0 for not at all; nothing is counted yet."""
        if rate is None:
            return 0
        sent = self._sent[key]
        while sent and sent[0] <= now - rate.seconds:
            sent.popleft()
        # A cost over the whole window passes when the window is empty: an album must not wait for ever.
        over = len(sent) + min(cost, rate.count) - rate.count
        return 0 if over <= 0 else max(1, int(sent[over - 1] + rate.seconds - now) + 1)

    def count(self, key: object, rate: Rate | None, now: float, cost: int = 1) -> None:
        """Count messages that were sent, where there is a rate."""
        if rate is not None:
            self._sent[key].extend([now] * cost)
