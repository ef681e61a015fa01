from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways.base import OutboundMessage
from delivery.gateways.generic_templates import PLACEHOLDERS, RequestTemplate, WrittenRequest

# No lone surrogates: no spreadsheet or form can bring one.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


def written(text: str = "Hello", sender: str = "Shop", **parts: Any) -> WrittenRequest:
    template = RequestTemplate(
        **{
            "method": "POST",
            "url": "https://sms.example.com/send",
            "headers": "",
            "body_kind": "json",
            "body": '{"to": "{msisdn}", "text": "{text}"}',
            "credential": "user:pass",
            **parts,
        }
    )
    return template.written(OutboundMessage(17, 2, "+8613800000001", sender, text, 3))


@given(text=TEXTS, sender=TEXTS)
def test_json_holds_any_text(text: str, sender: str) -> None:
    body = written(text, sender, body='{"a": ["{text}", "{sender}{text}"], "to": {msisdn_plain}}').body
    assert json.loads(body) == {"a": [text, sender + text], "to": 8613800000001}


@given(text=TEXTS, sender=TEXTS)
def test_a_form_holds_any_text(text: str, sender: str) -> None:
    body = written(text, sender, body_kind="form", body="to={msisdn}\n&t={text}\n\ns={sender}").body
    pairs = parse_qsl(body.decode(), keep_blank_values=True, separator="&")
    assert pairs == [("to", "+8613800000001"), ("t", text), ("s", sender)]


@given(text=TEXTS)
def test_an_address_holds_any_text(text: str) -> None:
    url = written(
        text, method="GET", url="https://h.example/{msisdn_plain}?t={text}&x=1", body_kind="none"
    ).url
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("h.example", "/8613800000001")
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == {"t": text, "x": "1"}


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"))))
def test_xml_holds_any_text(text: str) -> None:
    body = written(text, body_kind="xml", body='<sms to="{msisdn}" t="{text}"><t>{text}</t></sms>').body
    root = ElementTree.fromstring(body)
    assert (root.get("to"), root.get("t"), root.findtext("t")) == ("+8613800000001", text, text)


def test_braces_inside_a_text_are_only_braces() -> None:
    body = json.loads(written("{credential} {msisdn} {text}").body)
    assert body["text"] == "{credential} {msisdn} {text}"


def test_braces_that_name_nothing_stay() -> None:
    assert written(body='{"to": "{msisdn}", "t": "{text} {other}"}').body.endswith(b'{other}"}')


def test_every_placeholder_is_filled() -> None:
    template = json.dumps({name: f"{{{name}}}" for name in PLACEHOLDERS})
    assert json.loads(written("aé花", body=template).body) == {
        "msisdn": "+8613800000001",
        "msisdn_plain": "8613800000001",
        "text": "aé花",
        "text_ucs2": "006100E982B1",
        "is_unicode": "1",
        "n_segments": "3",
        "sender": "Shop",
        "reference": "17-2",
        "credential": "user:pass",
        "basic": base64.b64encode(b"user:pass").decode(),
    }


def test_headers_carry_the_secret_and_a_content_type_unless_they_name_one() -> None:
    assert written(headers="Authorization: Basic {basic}\nX-Ref: {reference}").headers == (
        ("Authorization", "Basic dXNlcjpwYXNz"),
        ("X-Ref", "17-2"),
        ("Content-Type", "application/json"),
    )
    assert written(headers="content-type: application/vnd.sms+json").headers == (
        ("content-type", "application/vnd.sms+json"),
    )
    assert written(body_kind="none", url="https://h.example/?t={text}&to={msisdn}").headers == ()


@pytest.mark.parametrize("credential", ["a\r\nX-Evil: 1", "é"])
def test_a_secret_that_would_break_out_of_its_header_is_refused(credential: str) -> None:
    with pytest.raises(Exception, match="secret"):
        written(headers="X-Key: {credential}", credential=credential)
