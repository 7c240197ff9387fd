"""Who may log in to the emulated Instagram, and how it treats each."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram_sandbox.web.instagram.troubles import Trouble

CSRF = "sandbox-csrf"
CODE = "123456"
"""The second factor of those who have one."""


@dataclass(slots=True)
class Account:
    """Somebody with a password.

    Args:
        username: Of the account.
        user_id: Its number.
        password: What logs it in.
        has_second_factor: Whether a code is asked for as well.
        trouble: How its session is refused from now on; set at any time.
        follows: Private profiles that it may see.
    """

    username: str
    user_id: str
    password: str = "sandbox-password"  # noqa: S105  # of an emulated site
    has_second_factor: bool = False
    trouble: Trouble | None = None
    follows: tuple[str, ...] = ()

    @property
    def session_id(self) -> str:
        """The cookie that a login brings."""
        return f"{self.user_id}%3Asandbox%3A{self.username}"

    @property
    def cookies(self) -> dict[str, str]:
        """All that a login brings."""
        return {"sessionid": self.session_id, "ds_user_id": self.user_id, "csrftoken": CSRF}


def some_accounts() -> dict[str, Account]:
    """Return new accounts, by name."""
    found = (
        Account("sandbox.one", "9001", follows=("sandbox.friends",)),
        Account("sandbox.two", "9002"),
        Account("sandbox.careful", "9003", has_second_factor=True),
        Account("sandbox.checked", "9004", trouble=Trouble.CHECKPOINT),
    )
    return {account.username: account for account in found}
