"""The answer of a Telegram server that refuses a call."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal with Telegram's code and wording.

    Attributes:
        code: HTTP status and `error_code`.
        description: The whole sentence, such as `Bad Request: chat not found`.
        retry_after_s: After how many seconds to try again, for code 429.
        migrate_to_chat_id: The supergroup that a group became.
    """

    def __init__(
        self, code: int, description: str, *, retry_after_s: int | None = None, migrate_to_chat_id: int | None = None
    ) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after_s = retry_after_s
        self.migrate_to_chat_id = migrate_to_chat_id


def bad_request(reason: str) -> ApiError:
    """Build the error 400 with a reason."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """Build the error 403 with a reason."""
    return ApiError(403, f"Forbidden: {reason}")


def too_many_requests(retry_after_s: int) -> ApiError:
    """Build the error 429 with the time to wait."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after_s}", retry_after_s=retry_after_s)
