"""instaloader, as it is used here: it neither sleeps nor prints nor retries."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

import requests
from instaloader import InstaloaderContext, RateController
from instaloader.exceptions import AbortDownloadException, LoginRequiredException


class OverBudget(Exception):
    """The account has asked as often as it may for now.

    Args:
        wait_s: Until it may ask again, where that is known here.
    """

    def __init__(self, wait_s: float | None = None) -> None:
        super().__init__("no more requests for now")
        self.wait_s = wait_s


class Client(InstaloaderContext):
    """The state that instaloader's structures ask through.

    Args:
        username: Of the session; empty for a visitor.
        cookies: Of the session.
        budget: How many requests may be sent.
        timeout_s: For one.

    Attributes:
        asked: How many were sent.
        status: Of the last answer that was an error.
        retry_after: Its header of that name.
    """

    def __init__(self, username: str, cookies: Mapping[str, str], *, budget: int, timeout_s: float) -> None:
        self.asked = 0
        self.status: int | None = None
        self.retry_after: str | None = None
        super().__init__(
            sleep=False,
            quiet=True,
            max_connection_attempts=1,
            request_timeout=timeout_s,
            rate_controller=lambda context: _Budget(context, self, budget),
            # One kind of client per session, a browser's: a session that is a phone as well gets flagged.
            iphone_support=False,
        )
        if username:
            self.load_session(username, dict(cookies))

    def error(self, msg: object, repeat_at_end: object = True) -> None:  # noqa: FBT002  # as instaloader has it
        """Say nothing: what matters is raised."""

    def get_page_data(self, path: str) -> list[dict[str, object]]:
        """Read what a page embeds, as a visitor.

        Raises:
            LoginRequiredException: If visitors are not shown it, which tells nothing of the session.
        """
        try:
            return cast("list[dict[str, object]]", super().get_page_data(path))
        except (AbortDownloadException, LoginRequiredException) as error:
            raise LoginRequiredException(f"{path} is not shown to visitors") from error

    def _raise_for_status(self, resp: requests.Response) -> None:
        """Keep what instaloader's exceptions leave out: the status, and how long to wait."""
        if resp.status_code >= HTTPStatus.BAD_REQUEST:
            self.status, self.retry_after = resp.status_code, resp.headers.get("Retry-After")
        super()._raise_for_status(resp)


class _Budget(RateController):
    """Counts requests, and stops where instaloader would sleep."""

    def __init__(self, context: InstaloaderContext, client: Client, budget: int) -> None:
        super().__init__(context)
        self._client = client
        self._budget = budget

    def sleep(self, secs: float) -> None:
        """Stop: the queue waits better than a child that holds a session.

        Raises:
            OverBudget: With the time.
        """
        raise OverBudget(secs)

    def wait_before_query(self, query_type: str) -> None:
        """Count one request.

        Raises:
            OverBudget: If there may be no more.
        """
        if self._client.asked >= self._budget:
            raise OverBudget
        self._client.asked += 1
        super().wait_before_query(query_type)
