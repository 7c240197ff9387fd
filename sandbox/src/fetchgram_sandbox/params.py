"""The parameters of one call, strictly read: as JSON, form or query they all come as texts or JSON values."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.files import Upload
from fetchgram_sandbox.objects import Json

_SHOWN_CHARACTERS = 300


class Params:
    """Values and uploaded files of a call, or of one item of an album."""

    def __init__(
        self, values: Mapping[str, object], uploads: Mapping[str, Upload] | None = None, *, is_item: bool = False
    ) -> None:
        self._is_item = is_item
        self._values = {name: value for name, value in values.items() if value is not None}
        self._uploads = dict(uploads or {})

    def names(self) -> set[str]:
        """Return the names of the parameters, without files that another parameter attaches."""
        return set(self._values) | {name for name in self._uploads if not self._is_attached(name)}

    def allow(self, names: Collection[str], where: str) -> None:
        """Refuse every parameter that the emulator does not act on, so that nothing is silently ignored.

        Raises:
            ApiError: 400 `PARSE_MODE_NOT_EMULATED` or `PARAMETER_NOT_EMULATED`.
        """
        if "parse_mode" in self._values:
            raise bad_request("PARSE_MODE_NOT_EMULATED: send explicit entities")
        if unknown := sorted(self.names() - set(names)):
            raise bad_request(f"PARAMETER_NOT_EMULATED: {', '.join(unknown)} of {where}")

    def has(self, name: str) -> bool:
        """Say whether a parameter was given."""
        return name in self._values or name in self._uploads

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self._values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str) -> int | None:
        """Return a whole number, `None` when it is not given.

        Raises:
            ApiError: It is no number.
        """
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(str(value))
        except ValueError as error:
            raise bad_request(f'can\'t parse "{name}": expected an integer, got {value!r}') from error

    def number(self, name: str, default: int) -> int:
        """Return a whole number or the default."""
        value = self.integer(name)
        return default if value is None else value

    def decimal(self, name: str) -> float:
        """Return a number that may have a fraction, 0 when it is not given."""
        try:
            return float(self.text(name, "0"))
        except ValueError as error:
            raise bad_request(f'can\'t parse "{name}": expected a number') from error

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return str(self._values.get(name, False)).lower() in {"true", "1", "yes"}

    def mapping(self, name: str) -> Json | None:
        """Return an object, `None` when it is not given."""
        value = self._decoded(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object")
        return value

    def sequence(self, name: str) -> list[object]:
        """Return an array, empty when it is not given."""
        value = self._decoded(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_request(f"can't parse {name.replace('_', ' ')}: expected an Array")
        return value

    def integers(self, name: str) -> list[int]:
        """Return an array of whole numbers."""
        return [Params({name: value}).number(name, 0) for value in self.sequence(name)]

    def child(self, value: object) -> Params:
        """Return the fields of an item in here, with the files of the whole call."""
        if not isinstance(value, dict):
            raise bad_request("can't parse an item: expected an Object")
        return Params(value, self._uploads, is_item=True)

    def upload(self, name: str) -> Upload | None:
        """Return the file that a parameter brings: under its own name or by `attach://`."""
        reference = self._values.get(name)
        if isinstance(reference, str) and reference.startswith("attach://"):
            return self._uploads.get(reference.removeprefix("attach://"))
        return self._uploads.get(name)

    def discard(self) -> None:
        """Delete uploaded files that no message took."""
        for upload in self._uploads.values():
            upload.path.unlink(missing_ok=True)

    def shown(self) -> Json:
        """Return the parameters in a short form, for the eyes of a person."""
        files: Json = {name: f"<file {upload.name!r}>" for name, upload in self._uploads.items()}
        return {name: _shorten(self._decoded(name, strict=False)) for name in self._values} | files

    def _decoded(self, name: str, *, strict: bool = True) -> object:
        value = self._values.get(name)
        if not isinstance(value, str) or (not strict and not value.startswith(("{", "["))):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            if strict:
                raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error
            return value

    def _is_attached(self, name: str) -> bool:
        return self._is_item or any(f"attach://{name}" in str(value) for value in self._values.values())


def _shorten(value: object) -> object:
    if isinstance(value, str) and len(value) > _SHOWN_CHARACTERS:
        return value[:_SHOWN_CHARACTERS] + "…"
    if isinstance(value, dict):
        return {key: _shorten(item) for key, item in value.items()}
    return [_shorten(item) for item in value] if isinstance(value, list) else value


def required(params: Params, *names: str) -> None:
    """Refuse a call that lacks a parameter.

    Raises:
        ApiError: 400 in Telegram's words.
    """
    for name in names:
        if not params.has(name):
            wording = {"chat_id": "chat_id is empty", "text": "message text is empty"}
            raise bad_request(wording.get(name, f'parameter "{name}" is required'))
