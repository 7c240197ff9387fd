"""The terminal's audience: a progress bar, and a line for what matters."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from fetchgram.cli.output import sentence
from fetchgram.model import Stage
from fetchgram.pipeline.audience import Done, Failed, News, NoRoom, Progress, Retrying, Working

_NAMES = {Stage.DOWNLOAD: "Downloading", Stage.POST_PROCESS: "Converting", Stage.DELIVER: "Saving"}


class TerminalAudience:
    """Shows the one request of this process.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True, quiet=quiet)
        self._bar = Bar(
            TextColumn("{task.description:12}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[tuple[int, Stage], TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    async def tell(self, request_id: int, position: int, news: News) -> None:  # noqa: ARG002  # there is one only
        """Draw the news."""
        match news:
            case Working(stage=stage):
                self._task(position, stage)
            case Progress(stage=stage, done_bytes=done, total_bytes=total):
                self._bar.update(self._task(position, stage), completed=done, total=total)
            case Done() | Failed() if position:
                self._clear(position)
            case Retrying(after_s=after_s, error=error):
                self._bar.console.print(f"{sentence(error)} Trying again in {after_s:.0f} s.")
            case NoRoom():
                self._bar.console.print("No room on the disk; it goes on by itself when there is.")
            case _:
                pass

    def _task(self, position: int, stage: Stage) -> TaskID:
        if (position, stage) not in self._tasks:
            name = f"{position}. {_NAMES[stage]}" if position else _NAMES[stage]
            self._tasks[position, stage] = self._bar.add_task(name, total=None)
        return self._tasks[position, stage]

    def _clear(self, position: int) -> None:
        """Make room for the next item of a list."""
        for key in [key for key in self._tasks if key[0] == position]:
            self._bar.remove_task(self._tasks.pop(key))
