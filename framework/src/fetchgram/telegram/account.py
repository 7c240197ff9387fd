"""One bot account: its client, its line and its deliveries; there before the plugins and the route are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiogram.exceptions import AiogramError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.methods import GetMe
from aiogram.types import User

from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.model import Chat
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Storage
from fetchgram.telegram.client import build_client, wrong_token
from fetchgram.telegram.delivery import BotApiDelivery
from fetchgram.telegram.failures import describe
from fetchgram.telegram.flood import Line
from fetchgram.telegram.mtproto.gateway import open_gateway


class Account:
    """A bot account.

    Args:
        name: In the settings.
        settings: Of everything.
        clock: Time.
    """

    def __init__(self, *, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self.bot = build_client(name, settings.bots[name])
        self.line = Line(self.bot, settings.delivery, clock)
        own = settings.delivery
        self.delivery = BotApiDelivery(
            self.line, self._unreachable, hand_over=own.botapi_local and own.botapi_hand_over
        )
        self.gateway = open_gateway(name, settings, clock, self._unreachable)
        self.on_unreachable: Callable[[Chat], Awaitable[None]] | None = None

    @property
    def bot_id(self) -> int:
        """The bot's id: the first part of its token."""
        return self.bot.id

    async def check(self) -> User:
        """Ask Telegram who we are.

        Raises:
            ConfigError: If the token is refused.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        try:
            return await self.line(GetMe(), patience_s=10)
        except (TelegramUnauthorizedError, TelegramNotFound) as error:
            raise wrong_token(self.name) from error
        except AiogramError as error:
            raise TemporarilyUnavailable(describe(error)) from error

    async def close(self) -> None:
        """Close the connections."""
        await self.bot.session.close()
        if self.gateway is not None:
            self.gateway.close()

    async def _unreachable(self, chat: Chat) -> None:
        if self.on_unreachable is not None:
            await self.on_unreachable(chat)


async def mark_unreachable(storage: Storage, chat: Chat) -> None:
    """Remember that a person has blocked the bot."""
    if chat.chat > 0:
        async with storage.write() as session:
            await session.people.set_blocked(chat.bot_id, chat.chat, blocked=True)


def open_accounts(settings: Settings, clock: Clock) -> Mapping[int, Account]:
    """Build the accounts of all configured bots, by bot id.

    Raises:
        ConfigError: If a token cannot be one, or two bots share one.
    """
    accounts: dict[int, Account] = {}
    for name in settings.bots:
        account = Account(name=name, settings=settings, clock=clock)
        if account.bot_id in accounts:
            raise ConfigError(f"the bots {accounts[account.bot_id].name!r} and {name!r} have the same token")
        accounts[account.bot_id] = account
    return accounts
