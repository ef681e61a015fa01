"""Signatures: the examples of Tencent's documents, and Tencent's own SDK as the judge."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.sign import Sign

from api.tencent_v3 import signing

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3*******"
BODY = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "host": "cvm.tencentcloudapi.com",
    "x-tc-action": "DescribeInstances",
}


@pytest.mark.parametrize(
    ("secret_key", "signed_headers", "canonical_hash", "signature"),
    [
        pytest.param(
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            ("content-type", "host"),
            "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031",
            "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
            id="two headers, the older document",
        ),
        pytest.param(
            # The document hides its key behind asterisks, and signs with them.
            32 * "*",
            ("content-type", "host", "x-tc-action"),
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84",
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
            id="three headers, the newer document",
        ),
    ],
)
def test_the_document_s_tc3_example(secret_key, signed_headers, canonical_hash, signature):
    canonical = signing.canonical_request(
        method="POST", query="", headers=HEADERS, signed_headers=signed_headers, body=BODY
    )
    to_sign = signing.string_to_sign(
        timestamp=1551113065, date="2019-02-25", service="cvm", canonical=canonical
    )

    assert canonical.endswith("\n35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064")
    assert to_sign == f"TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n{canonical_hash}"
    assert signing.utc_date(1551113065) == "2019-02-25"
    assert (
        signing.signature(secret_key=secret_key, date="2019-02-25", service="cvm", to_sign=to_sign)
        == signature
    )


def test_the_document_s_hmac_sha1_example():
    [to_sign] = signing.parameter_strings(
        method="GET",
        host="cvm.tencentcloudapi.com",
        parameters={
            "Action": "DescribeInstances",
            "InstanceIds.0": "ins-09dx96dg",
            "Limit": "20",
            "Nonce": "11886",
            "Offset": "0",
            "Region": "ap-guangzhou",
            "SecretId": SECRET_ID,
            "Signature": "zmmjn35mikh6pM3V7sUEuX4wyYM=",
            "Timestamp": "1465185768",
            "Version": "2017-03-12",
        },
    )

    assert to_sign.startswith("GETcvm.tencentcloudapi.com/?Action=DescribeInstances&InstanceIds.0=")
    assert "Signature" not in to_sign
    assert (
        signing.parameter_signature(secret_key=SECRET_KEY, to_sign=to_sign, signature_method="HmacSHA1")
        == "zmmjn35mikh6pM3V7sUEuX4wyYM="
    )


def sdk(method: str, sign_method: str) -> AbstractClient:
    """Tencent's own signer, which sends nothing."""
    profile = ClientProfile(
        signMethod=sign_method, httpProfile=HttpProfile(reqMethod=method, endpoint="console.example:8000")
    )
    client = AbstractClient.__new__(AbstractClient)
    client.profile = profile
    client._service = "sms"
    return client


@settings(max_examples=50, deadline=None)
@given(
    secret_key=st.text(min_size=1),
    timestamp=st.integers(0, 2**32),
    body=st.text(),
    query=st.text("abc=&%0123456789"),
    method=st.sampled_from(["GET", "POST"]),
)
def test_tc3_signatures_are_those_of_the_sdk(secret_key, timestamp, body, query, method):
    date = signing.utc_date(timestamp)
    request = SimpleNamespace(
        method=method,
        uri="/",
        data=query if method == "GET" else body,
        header={
            "Content-Type": "application/json",
            "Host": "console.example:8000",
            "X-TC-Timestamp": str(timestamp),
        },
    )
    theirs = sdk(method, signing.ALGORITHM)._get_tc3_signature({}, request, date, "sms", secret_key)

    canonical = signing.canonical_request(
        method=method,
        query=query if method == "GET" else "",
        headers={"content-type": "application/json", "host": "console.example:8000"},
        signed_headers=("content-type", "host"),
        body=b"" if method == "GET" else body.encode(),
    )
    to_sign = signing.string_to_sign(timestamp=timestamp, date=date, service="sms", canonical=canonical)
    ours = signing.signature(secret_key=secret_key, date=date, service="sms", to_sign=to_sign)

    assert signing.is_same(ours, theirs)


@settings(max_examples=50, deadline=None)
@given(
    secret_key=st.text(min_size=1),
    parameters=st.dictionaries(
        st.text("abcXYZ._", min_size=1).filter(lambda name: name != "Signature"), st.text()
    ),
    method=st.sampled_from(["GET", "POST"]),
    signature_method=st.sampled_from(sorted(signing.PARAMETER_METHODS)),
)
def test_signatures_over_parameters_are_those_of_the_sdk(secret_key, parameters, method, signature_method):
    client = sdk(method, signature_method)
    theirs = Sign.sign(secret_key, client._format_sign_string(parameters), signature_method)

    ours = [
        signing.parameter_signature(secret_key=secret_key, to_sign=text, signature_method=signature_method)
        for text in signing.parameter_strings(
            method=method, host="console.example:8000", parameters={**parameters, "Signature": theirs}
        )
    ]

    assert theirs in ours


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer abc",
        "TC3-HMAC-SHA256",
        f"TC3-HMAC-SHA256 Credential=a/2026-01-01/sms/tc3_request, SignedHeaders=host, Signature={'0' * 63}",
        f"TC3-HMAC-SHA256 Credential=a/2026-1-1/sms/tc3_request, SignedHeaders=host, Signature={'0' * 64}",
        f"TC3-HMAC-SHA256 Credential=ä/2026-01-01/sms/tc3_request, SignedHeaders=host, Signature={'0' * 64}",
        f"TC3-HMAC-SHA256 Credential=a\0/2026-01-01/sms/tc3_request, SignedHeaders=h, Signature={'0' * 64}",
        f"TC3-HMAC-SHA256 Credential=a/2026-01-01/sms/tc3_request, SignedHeaders=, Signature={'0' * 64}",
        f"TC3-HMAC-SHA256 Credential=a/2026-01-01/sms/tc3_request, SignedHeaders={';h' * 99}, Signature={'0' * 64}",
    ],
)
def test_an_authorization_of_another_form_is_none(text):
    assert signing.parse_authorization(text) is None


def test_an_authorization_is_taken_apart():
    assert signing.parse_authorization(
        "TC3-HMAC-SHA256 Credential=AKID1/2026-01-02/sms/tc3_request,"
        f"SignedHeaders=Content-Type;Host, Signature={'AB' * 32}"
    ) == signing.Authorization("AKID1", "2026-01-02", "sms", ("content-type", "host"), "ab" * 32)


def test_a_signature_with_other_letters_than_ascii_is_only_another_one():
    assert not signing.is_same("abc", "äöü\ud800")
