"""What plugins and the core fetch with: an HTTP client that only knows the way out."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit

from fetchgram.errors import ContentUnavailable, Reason, TemporarilyUnavailable, TooLarge, UnsupportedLink
from fetchgram.ports import Fetched
from fetchgram.workers.addresses import AuthorityError, parse_authority
from fetchgram.workers.certificates import client_context, write_bundle
from fetchgram.workers.guard import REFUSED_HEADER
from fetchgram.workers.refusals import RefusalReason

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

MAX_REDIRECTS = 5
CHUNK_BYTES = 64 * 1024
DEFAULT_TIMEOUT_S = 20.0
DOWNLOAD_TIMEOUT_S = 3600.0
IDLE_S = 30.0
DEFAULT_PORTS = {"http": 80, "https": 443}

_WIRE = re.compile(r"[!-~]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class GuardedNetwork:
    """Fetches over http and https, never past the way out.

    Args:
        proxy_url: Where the way out listens.
        ca_file: Authorities that are trusted besides the usual ones.
        folder: Where the bundle of authorities for child processes is written.
    """

    def __init__(self, proxy_url: str, *, ca_file: Path | None = None, folder: Path | None = None) -> None:
        self.proxy_url = proxy_url
        self.ca_file = ca_file
        self._folder = folder
        self._session: aiohttp.ClientSession | None = None
        self._bundle: Path | None = None

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Get a small thing into memory, whatever its status.

        Args:
            url: An http or https address; up to five redirects are followed, each judged by the way out.
            max_bytes: The largest body, counted after unpacking.
            timeout_s: Time for all of it.
            headers: Sent along; credentials stay behind when a redirect leads to another origin.

        Raises:
            UnsupportedLink: It is no http or https address.
            ContentUnavailable: It leads to a place that must not be visited, or in circles.
            TooLarge: The body is larger than `max_bytes`.
            TemporarilyUnavailable: Nothing answers, or not in time.
        """
        async with _told(timeout_s), self._answer(url, headers or {}) as response:
            _check_announced(response, max_bytes)
            body = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                body += chunk
                _check_size(len(body), max_bytes)
            return Fetched(status=response.status, url=str(response.url), headers=_plain(response), body=bytes(body))

    async def download(
        self,
        url: str,
        path: Path,
        *,
        max_bytes: int,
        timeout_s: float = DOWNLOAD_TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Get a thing into a new file, which is removed again when it does not come whole.

        Returns:
            The size in bytes.

        Raises:
            ContentUnavailable: Also when the status says that it is gone or not for us.
            TemporarilyUnavailable: Also when the status says so, with its `Retry-After`.
            TooLarge: As in `fetch`, as well as the others there.
        """
        async with _told(timeout_s), self._answer(url, headers or {}) as response:
            _check_status(response)
            _check_announced(response, max_bytes)
            file = await asyncio.to_thread(path.open, "xb")
            try:
                return await _write(response, file, max_bytes)
            except BaseException:
                await asyncio.to_thread(path.unlink, missing_ok=True)
                raise
            finally:
                file.close()

    def child_env(self) -> dict[str, str]:
        """Return the variables that make a child process take the way out and trust the operator's authorities."""
        env = dict.fromkeys(_PROXY_VARIABLES, self.proxy_url)
        env |= {"NO_PROXY": "", "no_proxy": ""}
        if self.ca_file is not None and self._folder is not None:
            self._bundle = self._bundle or write_bundle(self.ca_file, self._folder)
            env |= dict.fromkeys(_CA_VARIABLES, str(self._bundle))
        return env

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _answer(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects by hand, since each hop is a new decision."""
        session = await self._open()
        for _ in range(MAX_REDIRECTS + 1):
            response = await session.get(_checked(url), headers=headers, proxy=self.proxy_url, allow_redirects=False)
            async with response:
                _check_refused(response.status, response.headers)
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or not location:
                    yield response
                    return
            url, headers = _next_hop(url, location, headers)
        raise ContentUnavailable(Reason.UNREACHABLE, f"more than {MAX_REDIRECTS} redirects")

    async def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = await asyncio.to_thread(client_context, self.ca_file)  # reads some hundred certificates
            self._session = self._session or _new_session(context)
        return self._session


def _new_session(context: ssl.SSLContext) -> aiohttp.ClientSession:
    import aiohttp  # noqa: PLC0415 - 0.3 s of import that a command line does not need

    # `read_bufsize` bounds what one packed chunk may grow to, so a bomb is counted before it is in memory.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_read=IDLE_S),
        read_bufsize=CHUNK_BYTES,
        trust_env=False,
    )


@asynccontextmanager
async def _told(timeout_s: float) -> AsyncIterator[None]:
    """Turn the errors of the client into those that the rest knows."""
    import aiohttp  # noqa: PLC0415 - as in `_new_session`

    try:
        async with asyncio.timeout(timeout_s):
            yield
    except aiohttp.ClientHttpProxyError as error:
        _check_refused(error.status, error.headers or {})
        raise TemporarilyUnavailable(f"the way out answered {error.status}") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise UnsupportedLink("not a usable url") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise ContentUnavailable(Reason.UNREACHABLE, "the certificate is not trusted") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TemporarilyUnavailable(f"no answer: {type(error).__name__}") from error


def _checked(url: str) -> URL:
    import yarl  # noqa: PLC0415 - as in `_new_session`

    try:
        if urlsplit(url).scheme not in DEFAULT_PORTS:
            raise UnsupportedLink("only http and https can be fetched")
        # A signed url breaks when its escapes are rewritten, so one that is fit for the wire goes out as it is.
        target = yarl.URL(url, encoded=_WIRE.fullmatch(url) is not None)
        parse_authority(target.raw_authority, default_port=DEFAULT_PORTS[target.scheme])
    except AuthorityError as error:
        raise UnsupportedLink("the host is spelled in a way that can be misread") from error
    except ValueError as error:
        raise UnsupportedLink("not a url") from error
    return target


def _next_hop(url: str, location: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if (before.scheme, before.netloc) == (after.scheme, after.netloc):
        return target, headers
    return target, {name: value for name, value in headers.items() if name.lower() not in _PRIVATE_HEADERS}


def _check_refused(status: int, headers: Mapping[str, str]) -> None:
    """Recognise the way out's own answer.

    A site can write the header too, which only makes its own link fail.
    """
    reason = headers.get(REFUSED_HEADER)
    if reason == RefusalReason.BUSY.value:
        raise TemporarilyUnavailable("the way out is busy")
    if reason is not None and status == HTTPStatus.FORBIDDEN:
        raise ContentUnavailable(Reason.FORBIDDEN_ADDRESS, f"the way out refused: {reason[:40]}")


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TemporarilyUnavailable(f"status {status}", retry_after_s=_retry_after_s(response))
    forbidden = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    raise ContentUnavailable(Reason.PRIVATE if forbidden else Reason.GONE, f"status {status}")


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004 - 11 days


def _check_announced(response: aiohttp.ClientResponse, max_bytes: int) -> None:
    if response.content_length is not None:
        _check_size(response.content_length, max_bytes)


def _check_size(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise TooLarge(size_bytes, max_bytes)


async def _write(response: aiohttp.ClientResponse, file: BinaryIO, max_bytes: int) -> int:
    size_bytes = 0
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        size_bytes += len(chunk)
        _check_size(size_bytes, max_bytes)
        await asyncio.to_thread(file.write, chunk)
    return size_bytes


def _plain(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
