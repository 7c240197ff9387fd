"""What the buttons of a request's own message do: pick, options, cancel, try again, send again."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from fetchgram.errors import ChoiceGone, FetchgramError
from fetchgram.model import Choice, ChoiceKind, InputKind, Json, Request, RequestState, Step, Text, text
from fetchgram.pipeline.audience import Cancelled
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.menu import Menu
from fetchgram.pipeline.places import standing_of
from fetchgram.pipeline.reruns import Reruns
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.telegram import typed, views
from fetchgram.telegram.board import Board
from fetchgram.telegram.card import automatic
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.files import is_sent_file
from fetchgram.telegram.options import Selection, choices_view, options_view, taken
from fetchgram.telegram.picks import RANGES, Picks
from fetchgram.telegram.progress import TelegramAudience

log = structlog.get_logger()

_ASK_S = 600.0


class Wishes:
    """Carries out presses on status messages; each returns what is said in passing.

    Args:
        intake: The route's way in.
        reruns: Begins again.
        storage: Places in line, open questions.
        board: The status messages.
        cards: Looks at links again.
        audience: Tells how it goes on.
        picks: What the buttons of lists do.
        clock: Time.
    """

    def __init__(  # noqa: PLR0913  # the parts of the Telegram side that a press touches
        self,
        *,
        intake: Intake,
        reruns: Reruns,
        storage: Storage,
        board: Board,
        cards: Cards,
        audience: TelegramAudience,
        picks: Picks,
        clock: Clock,
    ) -> None:
        self._intake = intake
        self._reruns = reruns
        self._storage = storage
        self._board = board
        self._cards = cards
        self._audience = audience
        self._picks = picks
        self._clock = clock
        self._actions: dict[str, Callable[[Request, Mapping[str, Json]], Awaitable[Text | None]]] = {
            "pick": self._pick,
            "options": self._options,
            "choices": self._choices,
            "start": self._start,
            "ask": self._ask,
            "back": self._back,
            "cancel": self._cancel,
            "retry": self._retry,
            "reopen": self._reopen,
            "hurry": self._hurry,
            "again": self._again,
            **picks.actions,
        }

    async def press(self, action: str, args: Mapping[str, Json]) -> Text | None:
        """Carry out a press and return the toast."""
        request = await self._intake.request(int(str(args["request"])))
        try:
            return await self._actions[action](request, args)
        except ChoiceGone:
            await self._cards.show(request.id, text("toast-choice-gone"))
            return text("toast-choice-gone")
        except FetchgramError as error:
            log.info("press.refused", request=request.id, action=action, error=repr(error))
            return error.text

    async def tidy(self, args: Mapping[str, Json], message_id: int) -> None:
        """Remove the message that was pressed if it is not the one on which the wish goes on."""
        await self._board.tidy(int(str(args["request"])), message_id)

    async def answer(self, args: Mapping[str, Json], answer: str) -> Text | None:
        """Take a typed answer for an option or a list; returns what is wrong with it, if anything."""
        if args["input"] == RANGES:
            return await self._picks.answer(int(str(args["request"])), answer)
        selection = Selection.read(args)
        value = typed.parse(InputKind(str(args["input"])), answer)
        request = await self._intake.request(selection.request)
        if request.state is not RequestState.CHOOSING:
            return text("toast-expired")
        menu = await self._intake.menu(request.id, selected=selection.index)
        example = _example(args["input"], menu.rows[selection.index].choice)
        misread = text("telegram-not-understood", example=example)
        wrong = misread if value is None else _beyond(request, args["input"], value)
        if value is None or wrong is not None:
            await self._board.show(request.id, options_view(menu, selection, notice=wrong))
            return None
        chosen = dataclasses.replace(taken(menu.options, selection, str(args["key"]), value), group=None)
        await self._board.show(request.id, options_view(menu, chosen))
        return None

    async def let_go(self, args: Mapping[str, Json]) -> None:
        """Take a question off its menu: the person went on to something else."""
        request = await self._intake.request(int(str(args["request"])))
        if request.state is not RequestState.CHOOSING:
            return
        if args["input"] == RANGES:
            await self._cards.show(request.id)
            return
        selection = Selection.read(args)
        menu = await self._intake.menu(request.id, selected=selection.index)
        await self._board.show(request.id, options_view(menu, selection))

    async def show_place(self, request_id: int) -> None:
        """Tell a person's place in line, or when it is tried again, as long as it waits."""
        request = await self._intake.request(request_id)
        if request.state is not RequestState.WORKING:
            return
        if request.listing is not None:
            self._audience.refresh(request_id)
            return
        job_id = await self._intake.job_of(request)
        async with self._storage.read() as session:
            news = await standing_of(session, job_id)
        if news is not None:
            await self._audience.tell_place(request_id, news)

    async def _pick(self, request: Request, args: Mapping[str, Json]) -> Text | None:
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        index = int(str(args["index"]))
        menu = await self._intake.menu(request.id, selected=index)
        _check(menu, index)
        selection = Selection.read({**args, "on": automatic(menu.options)})
        row = menu.rows[index]
        if row.route is None and not selection.on:
            if menu.options:
                await self._board.show(request.id, options_view(menu, selection, notice=row.why_not))
            return row.why_not
        return await self._choose(request, index, selection.steps(menu.options))

    async def _start(self, request: Request, args: Mapping[str, Json]) -> Text | None:
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        selection = Selection.read(args)
        menu = await self._intake.menu(request.id, selected=selection.index)
        _check(menu, selection.index)
        steps = selection.steps(menu.options)
        row = menu.rows[selection.index]
        if not steps and is_sent_file(request):
            return text("telegram-choose-first")
        if row.route is None and not steps:
            return row.why_not
        return await self._choose(request, selection.index, steps)

    async def _choose(self, request: Request, index: int, steps: tuple[Step, ...]) -> Text | None:
        self._audience.begin(request.id)
        await self._intake.choose(request.id, index, steps)
        await self.show_place(request.id)
        return text("toast-queued")

    async def _options(self, request: Request, args: Mapping[str, Json]) -> Text | None:
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        selection = Selection.read(args)
        menu = await self._intake.menu(request.id, selected=selection.index)
        _check(menu, selection.index)
        if "on" not in args:
            selection = Selection.read({**args, "on": automatic(menu.options)})
        await self._board.show(request.id, options_view(menu, selection))
        return None

    async def _choices(self, request: Request, args: Mapping[str, Json]) -> Text | None:
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        await self._board.show(request.id, choices_view(await self._intake.menu(request.id), Selection.read(args)))
        return None

    async def _ask(self, request: Request, args: Mapping[str, Json]) -> Text | None:
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        selection = Selection.read(args)
        menu = await self._intake.menu(request.id, selected=selection.index)
        _check(menu, selection.index)
        chat = getattr(request.destination, "chat", 0)
        until = self._clock.now() + timedelta(seconds=_ASK_S)
        async with self._storage.write() as session:
            await session.menus.ask(request.bot_id, chat, request.person, views.REQUESTS, "answer", args, until)
        example = _example(args["input"], menu.rows[selection.index].choice)
        question = text(f"telegram-ask-{_spelled(args['input'])}", example=example)
        await self._board.show(request.id, options_view(menu, selection, notice=question))
        return None

    async def _back(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if request.state is not RequestState.CHOOSING:
            return _too_late(request)
        await self._cards.show(request.id)
        return None

    async def _cancel(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if request.state.ended:
            return _too_late(request)
        await self._cards.stop(request.id)
        ended = await self._intake.cancel(request.id)
        if ended.state is RequestState.CANCELLED:
            await self._audience.tell(request.id, 0, Cancelled())
        return text("toast-cancelled")

    async def _retry(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if not request.state.ended or request.state is RequestState.DONE:
            return _too_late(request)  # what is about to be told must not be forgotten
        self._audience.begin(request.id)
        again = await self._reruns.retry(request.id)
        if again.state is RequestState.PROBING:
            await self._board.show(request.id, views.looking(again))
            self._cards.look(again)
        elif again.state is RequestState.WORKING:
            await self.show_place(request.id)
        return text("toast-queued")

    async def _reopen(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if request.state is not RequestState.FAILED:
            return _too_late(request)
        self._audience.begin(request.id)
        if (await self._reruns.reopen(request.id)).state is RequestState.CHOOSING:
            await self._cards.show(request.id)
        return None

    async def _hurry(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if not await self._reruns.hurry(request.id):
            return _too_late(request)
        await self.show_place(request.id)
        return text("toast-queued")

    async def _again(self, request: Request, args: Mapping[str, Json]) -> Text | None:  # noqa: ARG002  # one shape for all
        if request.state is not RequestState.FAILED:
            return _too_late(request)
        self._audience.begin(request.id)
        again = await self._reruns.send_again(request.id)
        if again.state is RequestState.WORKING:
            await self.show_place(request.id)
        return text("toast-queued")


def _example(kind: Json, choice: Choice) -> Text:
    """Show how an answer may look; pictures are wished smaller than films."""
    is_picture = kind == InputKind.SIZE.value and choice.kind is ChoiceKind.IMAGE
    return text("telegram-example-size-image" if is_picture else f"telegram-example-{_spelled(kind)}")


def _beyond(request: Request, kind: Json, value: str) -> Text | None:
    """Say of a stretch that what it is cut out of is over by then, where its length is known."""
    length_s = request.probe.duration_s if request.probe is not None else None
    if kind != InputKind.TIME_RANGE.value or not length_s or float(value.partition("-")[0]) < length_s:
        return None
    return text("telegram-over-by-then", length=length_s)


def _spelled(kind: Json) -> str:
    """Return a kind of input as it stands in the names of texts."""
    return str(kind).replace("_", "-")


def _check(menu: Menu, index: int) -> None:
    if not 0 <= index < len(menu.rows):
        raise ChoiceGone


def _too_late(request: Request) -> Text:
    """Say kindly that a press came too late: a double tap is the usual reason."""
    return text("toast-cancelled") if request.state is RequestState.CANCELLED else text("toast-queued")
