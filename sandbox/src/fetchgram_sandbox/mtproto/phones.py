"""How people log in: a phone number for each, a code that reaches them in Telegram, and a password if they set one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from fetchgram_sandbox.happenings import LoginCodeSent
from fetchgram_sandbox.mtproto.answers import Refusal, bad_request, elsewhere
from fetchgram_sandbox.mtproto.srp import Challenge, Verifier
from fetchgram_sandbox.world import World

_TEST_NUMBERS = "99966"
"""core.telegram.org/api/auth#test-accounts: 99966, the data centre, four digits."""
_CODE_DIGITS = 5


@dataclass(slots=True)
class _Line:
    """What is known of one person's phone."""

    password: Verifier | None = None
    is_premium: bool = False


@dataclass(slots=True)
class _Login:
    """A login under way, from the code on."""

    user_id: int
    code: str
    code_hash: str = field(default_factory=lambda: secrets.token_hex(8))
    needs_password: bool = False
    challenge: Challenge | None = None


class Phones:
    """Phones of everybody in the world.

    Args:
        world: Whose people.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[int, _Line] = {}
        self._logins: dict[bytes, _Login] = {}

    def number_of(self, user_id: int) -> str:
        """Return a person's number, digits only."""
        return f"{_TEST_NUMBERS}{self._world.user(user_id).dc_id}{user_id:04d}"

    def set_password(self, user_id: int, password: str | None) -> None:
        """Let a person's logins need a password, or no more."""
        self._line(user_id).password = Verifier(password) if password else None

    def set_premium(self, user_id: int, *, is_premium: bool) -> None:
        """Give a person Telegram Premium, or take it away."""
        self._line(user_id).is_premium = is_premium

    def is_premium(self, user_id: int) -> bool:
        """Whether a person has Telegram Premium."""
        return self._line(user_id).is_premium

    def send_code(self, key_id: bytes, number: str, dc_id: int) -> str:
        """Send a code to the person of a number and return the login's hash.

        Raises:
            Refusal: Nobody has the number, or the person lives in another data centre.
        """
        digits = "".join(character for character in number if character.isdigit())
        user_id = next((each for each in self._world.people if self.number_of(each) == digits), None)
        if user_id is None:
            raise bad_request("PHONE_NUMBER_INVALID")
        if self._world.user(user_id).dc_id != dc_id:
            raise elsewhere("PHONE", self._world.user(user_id).dc_id)
        code = "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
        login = self._logins[key_id] = _Login(user_id, code)
        self._world.emit(LoginCodeSent(user_id, code))
        return login.code_hash

    def sign_in(self, key_id: bytes, code_hash: str, code: str) -> int:
        """Check a code and return who it is.

        Raises:
            Refusal: It is wrong, or a password is needed too.
        """
        login = self._login(key_id, "PHONE_CODE_EXPIRED")
        if code_hash != login.code_hash:
            raise bad_request("PHONE_CODE_EXPIRED")
        if code != login.code:
            raise bad_request("PHONE_CODE_INVALID")
        if self._line(login.user_id).password is not None:
            login.needs_password = True
            raise Refusal(401, "SESSION_PASSWORD_NEEDED")
        del self._logins[key_id]
        return login.user_id

    def challenge(self, key_id: bytes) -> tuple[Verifier, Challenge]:
        """Begin the check of a password.

        Raises:
            Refusal: No login here is so far.
        """
        login = self._login(key_id, "AUTH_KEY_UNREGISTERED")
        verifier = self._line(login.user_id).password
        if verifier is None:
            raise Refusal(401, "AUTH_KEY_UNREGISTERED")
        login.challenge = verifier.challenge()
        return verifier, login.challenge

    def check_password(self, key_id: bytes, srp_id: int, a: bytes, proof: bytes) -> int:
        """Check a proof of a password and return who it is.

        Raises:
            Refusal: It is wrong.
        """
        login = self._login(key_id, "AUTH_KEY_UNREGISTERED")
        verifier, challenge = self._line(login.user_id).password, login.challenge
        if verifier is None or not login.needs_password or challenge is None or challenge.id != srp_id:
            raise bad_request("SRP_ID_INVALID")
        if not verifier.accepts(challenge, a, proof):
            raise bad_request("PASSWORD_HASH_INVALID")
        del self._logins[key_id]
        return login.user_id

    def _line(self, user_id: int) -> _Line:
        return self._lines.setdefault(user_id, _Line())

    def _login(self, key_id: bytes, missing: str) -> _Login:
        if key_id not in self._logins:
            raise Refusal(401 if missing.startswith("AUTH") else 400, missing)
        return self._logins[key_id]
