"""Heads of HTTP messages: taken only when every reader reads the same."""

from __future__ import annotations

import pytest

from fetchgram.workers.http1 import parse_request, parse_response
from fetchgram.workers.refusals import RefusalReason, Refused

GET = b"GET http://example.com/a?b=c HTTP/1.1\r\nHost: example.com\r\n"


def reason_of(head: bytes) -> RefusalReason:
    with pytest.raises(Refused) as caught:
        parse_request(head + b"\r\n\r\n")
    return caught.value.reason


def test_what_goes_out_is_in_origin_form_without_the_headers_of_one_hop() -> None:
    head = (
        GET + b"Connection: keep-alive, X-Secret\r\nProxy-Connection: keep-alive\r\nX-Secret: 1\r\nTE: trailers\r\n"
        b"Upgrade: websocket\r\nProxy-Authorization: Basic eA==\r\nExpect: 100-continue\r\nCookie: a=b\r\n\r\n"
    )
    sent = parse_request(head).head("example.com:80", for_proxy=False)
    assert sent == b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nCookie: a=b\r\nConnection: close\r\n\r\n"


def test_for_the_upstream_proxy_the_form_stays_absolute() -> None:
    sent = parse_request(GET + b"\r\n").head("example.com:80", for_proxy=True, authorization="Basic eA==")
    assert sent.startswith(b"GET http://example.com/a?b=c HTTP/1.1\r\nHost: example.com\r\n")
    assert b"Proxy-Authorization: Basic eA==\r\n" in sent


def test_the_connection_header_cannot_remove_the_length_or_the_host() -> None:
    head = b"POST http://example.com HTTP/1.1\r\nConnection: content-length, host\r\nContent-Length: 3\r\n\r\n"
    sent = parse_request(head).head("example.com:80", for_proxy=False)
    assert sent == b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (b"/path", RefusalReason.MALFORMED),
        (b"*", RefusalReason.MALFORMED),
        (b"example.com:80", RefusalReason.MALFORMED),
        (b"http:/example.com/", RefusalReason.MALFORMED),
        (b"http:\\\\example.com/", RefusalReason.MALFORMED),
        (b"http://example.com\\@10.0.0.1/", RefusalReason.MALFORMED),
        (b"http://example.com/#@10.0.0.1/", RefusalReason.MALFORMED),
        (b"https://example.com/", RefusalReason.SCHEME),
        (b"ftp://example.com/", RefusalReason.SCHEME),
        (b"file:///etc/passwd", RefusalReason.SCHEME),
        (b"http:///", RefusalReason.SPELLING),
        (b"http://user@example.com/", RefusalReason.SPELLING),
        (b"http://127.1/", RefusalReason.SPELLING),
        (b"http://%31.0.0.1/", RefusalReason.SPELLING),
    ],
)
def test_only_an_absolute_http_target_is_taken(target: bytes, reason: RefusalReason) -> None:
    assert reason_of(b"GET " + target + b" HTTP/1.1") is reason


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET http://example.com/",
        b"GET http://example.com/ HTTP/2.0",
        b"GET  http://example.com/ HTTP/1.1",
        b"GET http://example.com/ HTTP/1.1 ",
        b"GET http://example.com/a b HTTP/1.1",
        b"GET http://example.com/\xc3\xbc HTTP/1.1",
        b"get http://example.com/ HTTP/1.1",
        b"TRACE http://example.com/ HTTP/1.1",
        GET + b"X : y",
        GET + b" folded",
        GET + b"X: a\nHost: b",
        GET + b"X: a\rHost: b",
        GET + b"X: a\x00",
        GET + b"no colon",
        GET + b": no name",
    ],
)
def test_a_malformed_head_is_refused(head: bytes) -> None:
    assert reason_of(head) is RefusalReason.MALFORMED


@pytest.mark.parametrize(
    "fields",
    [
        b"Host: other.example",
        b"Host: example.com:8080",
        b"Host: example.com\r\nHost: example.com",
        b"Host: example.com\r\nhost: other.example",
        b"Host: example.com, other.example",
        b"Host: user@example.com",
        b"Host:",
    ],
)
def test_a_host_header_that_names_another_place_is_refused(fields: bytes) -> None:
    assert reason_of(b"GET http://example.com/ HTTP/1.1\r\n" + fields) is RefusalReason.HOST_MISMATCH
    assert reason_of(b"CONNECT example.com:443 HTTP/1.1\r\n" + fields) is RefusalReason.HOST_MISMATCH


@pytest.mark.parametrize(
    "fields",
    [
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Transfer-Encoding: identity",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\nContent-Length: 3",
        b"Content-Length: 3, 3",
        b"Content-Length: +3",
        b"Content-Length: -1",
        b"Content-Length: 0x3",
        b"Content-Length: \xb2",
        b"Content-Length:",
        b"Content-Length: 9999999999999999",
    ],
)
def test_a_body_whose_length_can_be_read_in_two_ways_is_refused(fields: bytes) -> None:
    assert reason_of(b"POST http://example.com/ HTTP/1.1\r\n" + fields) is RefusalReason.BODY


def test_a_tunnel_has_no_body() -> None:
    assert reason_of(b"CONNECT example.com:443 HTTP/1.1\r\nContent-Length: 3") is RefusalReason.BODY


def test_an_answer_is_cut_to_what_may_go_back() -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nbad line\r\nA: b\r\n\r\n"
    response = parse_response(head)
    assert response is not None
    assert response.head() == b"HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n"


def test_a_chunked_answer_keeps_its_framing_and_loses_a_rival_length() -> None:
    response = parse_response(
        b"HTTP/1.1 200 OK\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    )
    assert response is not None
    assert response.body_length("GET") is None
    assert response.head() == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("head", [b"", b"SSH-2.0-x", b"HTTP/1.1 999 x", b"HTTP/1.1 200 OK\r\nContent-Length: x"])
def test_what_is_no_answer_is_none(head: bytes) -> None:
    assert parse_response(head + b"\r\n\r\n") is None


def test_a_head_request_and_an_empty_status_have_no_body() -> None:
    response = parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert response is not None
    assert response.body_length("HEAD") == 0
    assert response.body_length("GET") == 5
    unmodified = parse_response(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
    assert unmodified is not None
    assert unmodified.body_length("GET") == 0
