"""The conformance statement names a test for every row, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from delivery.smpp import pdu

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/smpp.md").read_text()
NAMED = re.findall(r"`(\w+)::(?:\w+::)?(test_\w+)`", DOCUMENT)
FILES = {"gateway": "tests/delivery/gateways/test_smpp.py", "faults": "tests/faults/test_smpp_line.py"}


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)))
def test_each_named_test_exists(file: str, test: str):
    path = ROOT / FILES.get(file, f"tests/delivery/smpp/test_{file}.py")
    assert re.search(rf"^ *def {test}\(", path.read_text(), re.MULTILINE), f"{path} has no {test}"


def rows() -> list[str]:
    """The rows of all tables, without heads and rules."""
    tables = re.findall(r"(?:^\|.*\n)+", DOCUMENT, re.MULTILINE)
    return [row for table in tables for row in table.splitlines()[2:]]


@pytest.mark.parametrize("row", rows())
def test_each_row_names_a_test(row: str):
    assert re.search(r"`\w+::(?:\w+::)?test_\w+` \|$", row)


def test_each_pdu_of_the_specification_has_a_row():
    told = DOCUMENT.replace("bind_…_resp", "bind_transmitter_resp, bind_receiver_resp, bind_transceiver_resp")
    told += " submit_multi_resp, cancel_sm_resp, replace_sm_resp"  # which go with what is not sent
    for name in pdu.NAMES.values():
        assert re.search(rf"\b{name}\b", told), name


ADDRESSES = "source_addr_ton source_addr_npi source_addr dest_addr_ton dest_addr_npi destination_addr"
MESSAGE = f"""service_type {ADDRESSES} esm_class protocol_id priority_flag schedule_delivery_time validity_period
    registered_delivery replace_if_present_flag data_coding sm_default_msg_id sm_length short_message"""


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        ("The header", "command_length command_id command_status sequence_number"),
        (
            "bind_transmitter",
            "system_id password system_type interface_version addr_ton addr_npi address_range sc_interface_version",
        ),
        ("submit_sm", f"{MESSAGE} message_id"),
        ("deliver_sm", MESSAGE),
        (
            "query_sm",
            "message_id source_addr_ton source_addr_npi source_addr final_date message_state error_code",
        ),
    ],
)
def test_each_field_of_the_specification_has_a_row(title: str, fields: str):
    (section,) = re.findall(rf"^## {title}.*?(?=^## )", DOCUMENT, re.MULTILINE | re.DOTALL)
    table = " ".join(row.split("|")[1] for row in section.splitlines() if row.startswith("|"))
    for field in fields.split():
        assert re.search(rf"\b{field}\b", table), field
