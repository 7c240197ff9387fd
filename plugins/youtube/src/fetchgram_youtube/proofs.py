"""Proofs of origin: asks the operator's provider for a token whenever yt-dlp needs one; preloaded into the children.

The provider is a server that runs YouTube's own check (<https://github.com/Brainicism/bgutil-ytdlp-pot-provider>). It
is asked through the way out, as everything is: its address has to stand in `network.allow`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from yt_dlp.extractor.youtube.pot.provider import (
    PoTokenContext,
    PoTokenProvider,
    PoTokenProviderError,
    PoTokenRequest,
    PoTokenResponse,
    register_provider,
)
from yt_dlp.extractor.youtube.pot.utils import WEBPO_CLIENTS, get_webpo_content_binding
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import RequestError

if TYPE_CHECKING:
    from yt_dlp.networking import Response

_TIMEOUT_S = 20.0
_MOST_BYTES = 64 * 1024


@register_provider
class FetchgramPTP(PoTokenProvider):  # type: ignore[misc]  # yt-dlp is not typed
    """yt-dlp finds it by its name's end."""

    PROVIDER_NAME = "fetchgram"
    PROVIDER_VERSION = "1"
    BUG_REPORT_LOCATION = "fetchgram"
    _SUPPORTED_CLIENTS = WEBPO_CLIENTS
    _SUPPORTED_CONTEXTS = tuple(PoTokenContext)
    _SUPPORTED_EXTERNAL_REQUEST_FEATURES = None

    def is_available(self) -> bool:
        """Whether an operator has named a server."""
        return bool(self._base_url)

    @property
    def _base_url(self) -> str:
        return str(self._configuration_arg("base_url", default=[""])[0])

    def _real_request_pot(self, request: PoTokenRequest) -> PoTokenResponse:
        binding, _ = get_webpo_content_binding(request)
        question = Request(
            f"{self._base_url.rstrip('/')}/get_pot",
            data=json.dumps({"content_binding": binding, "bypass_cache": request.bypass_cache}).encode(),
            headers={"Content-Type": "application/json"},
            extensions={"timeout": _TIMEOUT_S},
        )
        try:
            response = cast("Response", self._request_webpage(question))
            answer = json.loads(response.read(_MOST_BYTES))
            return PoTokenResponse(po_token=str(answer["poToken"]))
        except (RequestError, ValueError, LookupError, TypeError) as error:
            raise PoTokenProviderError(f"the provider does not answer properly: {error}") from error
