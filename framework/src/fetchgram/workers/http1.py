"""Reading and writing the heads of HTTP/1.1 messages, strictly enough that no two readers disagree (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fetchgram.workers.addresses import AuthorityError, parse_authority
from fetchgram.workers.refusals import RefusalReason, Refused

Headers = tuple[tuple[str, str], ...]

HTTP_PORT = 80
MAX_LENGTH_DIGITS = 15

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"})
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) ([!-~]+) (HTTP/1\.[01])")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [\t -\xff]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")
_ABSOLUTE = re.compile(r"http://([^/?#\\]*)(/[^#\\]*|\?[^#\\]*)?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

# RFC 9110 7.6.1, and Proxy-Connection, which some clients still send. Host and Content-Length are written anew.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_WRITTEN_ANEW = frozenset({"host", "content-length"})
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request that is spelled correctly; whether it may go out is decided elsewhere."""

    method: str
    host: str
    port: int
    path: str
    headers: Headers
    length: int

    @property
    def is_connect(self) -> bool:
        """Whether it asks for a tunnel."""
        return self.method == "CONNECT"

    def head(self, authority: str, *, for_proxy: bool, authorization: str = "") -> bytes:
        """Write the head that goes out: hop-by-hop headers left out, `Host` from the checked authority."""
        host = authority.removesuffix(f":{HTTP_PORT}")
        target = f"http://{host}{self.path}" if for_proxy else self.path
        fields = [("Host", host), *end_to_end(self.headers, _HOP_BY_HOP | _WRITTEN_ANEW)]
        if self.length or self.method in {"POST", "PUT", "PATCH"}:
            fields.append(("Content-Length", str(self.length)))
        if authorization:
            fields.append(("Proxy-Authorization", authorization))
        return _write(f"{self.method} {target} HTTP/1.1", [*fields, ("Connection", "close")])


@dataclass(frozen=True, slots=True)
class Response:
    """The head of an answer; `length` is None when its body ends with the connection or is chunked."""

    status: int
    line: str
    headers: Headers
    length: int | None

    def head(self) -> bytes:
        """Write the head that goes back to the client, which may send nothing more on this connection."""
        kept = end_to_end(self.headers, _HOP_BY_HOP - {"transfer-encoding"})
        return _write(self.line, [*kept, ("Connection", "close")])

    def body_length(self, method: str) -> int | None:
        """Return how many bytes follow the head, or None when only the end of the connection tells."""
        return 0 if method == "HEAD" or self.status in _BODILESS else self.length


def parse_request(head: bytes) -> Request:
    """Read the head of a request to a proxy: `CONNECT host:port` or `GET http://host/path`.

    Raises:
        Refused: It is malformed, or could be read in two ways.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(first)
    if match is None or match[1].decode() not in _METHODS:
        raise Refused(RefusalReason.MALFORMED)
    method, target = match[1].decode(), match[2].decode()
    headers = _parse_fields(lines)
    host, port, path = _parse_connect(target) if method == "CONNECT" else _parse_absolute(target)
    _check_host(headers, host, port)
    return Request(method, host, port, path, headers, _request_length(method, headers, host, port))


def parse_response(head: bytes) -> Response | None:
    """Read the head of an answer; None when it is none. Fields that are misspelled are left out."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        return None
    matches = [_FIELD.fullmatch(line) for line in lines]
    headers = tuple((m[1].decode(), m[2].decode("latin-1").rstrip(" \t")) for m in matches if m is not None)
    lengths = values(headers, "content-length")
    if values(headers, "transfer-encoding"):
        headers, lengths = end_to_end(headers, frozenset({"content-length"})), []
    if lengths and not (len(set(lengths)) == 1 and _is_length(lengths[0])):
        return None
    return Response(int(status[1]), first.decode("latin-1"), headers, int(lengths[0]) if lengths else None)


def values(headers: Headers, name: str) -> list[str]:
    """Return every value of a header, by its lower-case name."""
    return [value for key, value in headers if key.lower() == name]


def end_to_end(headers: Headers, dropped: frozenset[str]) -> Headers:
    """Leave out the headers in `dropped` and those that `Connection` nominates."""
    nominated = {token.strip().lower() for value in values(headers, "connection") for token in value.split(",")}
    nominated -= {"transfer-encoding"}  # it frames the body that follows, whatever `Connection` says
    return tuple((key, value) for key, value in headers if key.lower() not in dropped | nominated)


def answer(status: int, phrase: str, fields: Iterable[tuple[str, str]], line: str) -> bytes:
    """Write a whole short answer of the proxy itself."""
    body = (line + "\n").encode()
    head = [*fields, ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return _write(f"HTTP/1.1 {status} {phrase}", [*head, ("Connection", "close")]) + body


def _parse_fields(lines: list[bytes]) -> Headers:
    matches = [_FIELD.fullmatch(line) for line in lines]
    if not all(matches):  # also: folded lines, blanks before the colon, bare CR or LF, NUL
        raise Refused(RefusalReason.MALFORMED)
    return tuple((m[1].decode(), m[2].decode("latin-1").rstrip(" \t")) for m in matches if m is not None)


def _parse_connect(target: str) -> tuple[str, int, str]:
    try:
        return *parse_authority(target), ""
    except AuthorityError as error:
        raise Refused(RefusalReason.SPELLING) from error


def _parse_absolute(target: str) -> tuple[str, int, str]:
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        foreign = _SCHEME.match(target) and not target.lower().startswith("http://")
        raise Refused(RefusalReason.SCHEME if foreign else RefusalReason.MALFORMED)
    try:
        host, port = parse_authority(match[1], default_port=HTTP_PORT)
    except AuthorityError as error:
        raise Refused(RefusalReason.SPELLING) from error
    path = match[2] or "/"
    return host, port, path if path.startswith("/") else "/" + path


def _check_host(headers: Headers, host: str, port: int) -> None:
    hosts = values(headers, "host")
    if not hosts:
        return  # many clients send CONNECT without it; the one that goes out is written anew
    try:
        named = parse_authority(hosts[0], default_port=port)
    except AuthorityError as error:
        raise Refused(RefusalReason.HOST_MISMATCH, host, port) from error
    if len(hosts) > 1 or named != (host, port):
        raise Refused(RefusalReason.HOST_MISMATCH, host, port)


def _request_length(method: str, headers: Headers, host: str, port: int) -> int:
    lengths = values(headers, "content-length")
    chunked = values(headers, "transfer-encoding")
    if chunked or len(lengths) > 1 or not all(map(_is_length, lengths)) or (method == "CONNECT" and lengths):
        raise Refused(RefusalReason.BODY, host, port)
    return int(lengths[0]) if lengths else 0


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS


def _write(first: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{key}: {value}" for key, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
