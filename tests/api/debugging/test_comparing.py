"""Where two texts part, and what is read from what somebody pastes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.debugging.pasted import Unreadable, read_pasted
from api.debugging.report import beginning, difference


def test_the_first_character_that_differs_is_named_with_its_place() -> None:
    found = difference("POST\n/\n\ncontent-type:a; b", "POST\n/\n\ncontent-type:a")
    assert found is not None
    assert (found.line, found.column) == (4, 15)
    assert found.words == "Yours ends here; ours goes on with “;”."
    assert (found.ours.same, found.ours.differs, found.ours.rest) == ("POST\n/\n\ncontent-type:a", ";", " b")
    assert found.theirs.differs == "∎"


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ("a,b", "a, b", "Ours has “b”, yours U+0020."),
        ("a\nb", "ab", "Ours has a line end, yours “b”."),
        ("ab", "ab\n", "Ours ends here; yours goes on with a line end."),
        ("ab", "a\u200bb", "Ours has “b”, yours U+200B."),
    ],
)
def test_characters_that_nobody_sees_are_named(ours: str, theirs: str, words: str) -> None:
    found = difference(ours, theirs)
    assert found is not None
    assert found.words == words


@given(st.text(), st.text())
def test_two_texts_part_where_their_marked_parts_say(ours: str, theirs: str) -> None:
    found = difference(ours, theirs)
    assert (found is None) == (ours == theirs)
    if found is not None:
        assert ours.startswith(found.ours.same)
        assert theirs.startswith(found.ours.same)
        at = len(found.ours.same)
        assert ours[at : at + 1] != theirs[at : at + 1]
        assert ours[at + 1 :] == found.ours.rest
        assert theirs[at + 1 :] == found.theirs.rest


def test_of_a_signature_only_its_beginning_is_shown() -> None:
    assert beginning("0123456789abcdef") == "0123456789…"


def test_a_request_is_read_as_it_goes_over_the_line() -> None:
    pasted = read_pasted(
        "post https://sms.example.com:8443/v5/tlssmssvr/sendsms?sdkappid=1&random=2 HTTP/1.1\r\n"
        "Content-Type: application/json;charset=utf-8\r\nX-Empty:\r\n\r\n"
        '{"a": 1,\r\n\r\n "b": 2}\r\n'
    )
    assert (pasted.method, pasted.host, pasted.path) == (
        "POST",
        "sms.example.com:8443",
        "/v5/tlssmssvr/sendsms",
    )
    assert pasted.query == "sdkappid=1&random=2"
    assert pasted.headers == {
        "content-type": "application/json;charset=utf-8",
        "x-empty": "",
        "host": "sms.example.com:8443",
    }
    assert pasted.body == '{"a": 1,\n\n "b": 2}'


def test_a_host_header_goes_before_the_address() -> None:
    assert read_pasted("POST http://10.0.0.1/ HTTP/1.1\nHost: sms.example.com").host == "sms.example.com"


def test_a_command_of_curl_is_read() -> None:
    pasted = read_pasted(
        "curl -sS -X POST 'https://sms.example.com/?a=b' \\\n  -H 'X-TC-Action: SendSms' -o out.json \\\n"
        "  --header \"Content-Type: application/json\" --data-raw '{\"it''s\": 1}'"
    )
    assert (pasted.method, pasted.host, pasted.query) == ("POST", "sms.example.com", "a=b")
    assert pasted.headers["x-tc-action"] == "SendSms"
    assert pasted.body == '{"its": 1}'


def test_curl_posts_forms_where_nothing_else_is_said() -> None:
    pasted = read_pasted("curl sms.example.com -d Action=SendSms -d Nonce=1")
    assert (pasted.method, pasted.body) == ("POST", "Action=SendSms&Nonce=1")
    assert pasted.parameters() == {"Action": "SendSms", "Nonce": "1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste the request"),
        ("hello", "The first line must be the method"),
        ("PUT / HTTP/1.1", "The first line must be the method"),
        ("POST /\nno header", "“no header” is no header"),
        ("curl -d @body.json https://sms.example.com", "reads its body from a file"),
        ("curl 'https://sms.example.com", "quotation mark"),
        ("curl -X POST", "names no address"),
        ("POST http://[::1/ HTTP/1.1", "is no address"),
    ],
)
def test_what_is_no_request_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words.replace("[", r"\[")):
        read_pasted(text)


@given(st.text())
def test_anything_that_is_pasted_is_read_or_refused(text: str) -> None:
    for pasted in (text, "POST / \n" + text, "curl " + text):
        with contextlib.suppress(Unreadable):
            read_pasted(pasted)
