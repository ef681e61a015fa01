"""The ten commonest calls in curl, Python and Node: shown in the documentation, and run by a test as they stand.

Addresses, keys and ids come from the environment, so that a page can be copied into a shell without an edit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANGUAGES = {"curl": "curl", "python": "Python", "node": "Node.js"}
_VARIABLE = re.compile(r"\{([A-Z_]+)\}")


class Example(NamedTuple):
    """A call; `{NAMES}` in capitals are variables of the environment. `once`: its idempotency key."""

    operation: str
    title: str | Promise
    why: str | Promise
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    file: str = ""
    once: str = ""

    def code(self, language: str) -> str:
        """The call in one of `LANGUAGES`."""
        return _WRITERS[language](self)


EXAMPLES = (
    Example(
        "send_message",
        _("Send a message"),
        _("The answer has the message’s id. With an idempotency key a repeated request sends nothing twice."),
        "POST",
        "/api/v1/messages",
        body={
            "to": "{TO}",
            "template_id": "{TEMPLATE_ID}",
            "parameters": ["Ada", "Berlin"],
            "signature": "{SIGNATURE}",
            "reference": "order-20391",
        },
        once="order-20391-shipped",
    ),
    Example(
        "get_message",
        _("See what became of it"),
        _("A callback tells it without being asked; this is for the odd one."),
        "GET",
        "/api/v1/messages/{MESSAGE_ID}",
    ),
    Example(
        "list_messages",
        _("Find all messages to a number"),
        _("For support: campaigns and all interfaces together, newest first."),
        "GET",
        "/api/v1/messages",
        query={"number": "{TO}", "limit": "20"},
    ),
    Example(
        "send_batch",
        _("Send many messages in one request"),
        _("Up to 1000, each with its own values. Each item of the answer says what became of it."),
        "POST",
        "/api/v1/batches",
        body={
            "template_id": "{TEMPLATE_ID}",
            "signature": "{SIGNATURE}",
            "messages": [
                {"to": "+4915123000011", "parameters": ["Ben", "Bonn"], "reference": "order-20392"},
                {"to": "+4915123000012", "parameters": ["Cleo", "Kiel"], "reference": "order-20393"},
            ],
        },
        once="orders-2026-11-21-1",
    ),
    Example(
        "get_batch",
        _("See how a batch stands"),
        _("How many messages are in each state, and the messages page by page."),
        "GET",
        "/api/v1/batches/{BATCH_ID}",
        query={"limit": "100"},
    ),
    Example(
        "create_campaign",
        _("Begin a campaign"),
        _("A draft with its text. People can go on with it on the pages of the console, too."),
        "POST",
        "/api/v1/campaigns",
        body={
            "region": "international",
            "name": "Orders",
            "template_id": "{TEMPLATE_ID}",
            "signature": "{SIGNATURE}",
        },
        once="campaign-orders",
    ),
    Example(
        "upload_recipients",
        _("Give it a file of recipients"),
        _("An .xlsx or .csv file: the number first, then the values. It is read in the background."),
        "POST",
        "/api/v1/campaigns/{CAMPAIGN_ID}/recipients",
        file="recipients.csv",
        once="campaign-orders-file",
    ),
    Example(
        "get_campaign_forecast",
        _("Look before you send"),
        _("Messages, segments, countries, what limits would block, and how long it takes."),
        "GET",
        "/api/v1/campaigns/{CAMPAIGN_ID}/forecast",
    ),
    Example(
        "start_campaign",
        _("Start it"),
        _(
            "Needs the scope campaigns:send and no verification code. Suspend, continue and cancel work alike."
        ),
        "POST",
        "/api/v1/campaigns/{CAMPAIGN_ID}/start",
        body={},
        once="campaign-orders-start",
    ),
    Example(
        "list_replies",
        _("Read replies"),
        _("What people answered, newest first, each with the message that it answers."),
        "GET",
        "/api/v1/replies",
        query={"limit": "50"},
    ),
)


def _curl(example: Example) -> str:
    # Double quotes, so that the shell puts the variables in.
    address = _shell(f"$SMS_URL{example.path}")
    method = "" if example.method == "GET" else f"-X {example.method} "
    words = [f'curl -sS {method}"{address}"', '  -H "Authorization: Bearer $SMS_KEY"']
    if example.query:
        words[0] = f'curl -sS -G "{address}"'
        words += [f'  --data-urlencode "{name}={_shell(value)}"' for name, value in example.query.items()]
    if example.once:
        words.append(f'  -H "Idempotency-Key: {example.once}"')
    if example.file:
        words.append(f'  -F "file=@{example.file}"')
    if example.body is not None:
        words.append('  -H "Content-Type: application/json"')
        text = _shell(_value(example.body, "", text=_json_text, quoted_names=True, step="  "))
        words.append(f"  --data-binary @- <<JSON\n{text}\nJSON")
    return " \\\n".join(words)


def _python(example: Example) -> str:
    lines = ["import os", "", "import requests", ""]
    lines.append(f"answer = requests.{example.method.lower()}(")
    lines.append(f"    {_f_string('{SMS_URL}' + example.path)},")
    headers = ['"Authorization": ' + _f_string("Bearer {SMS_KEY}")]
    if example.once:
        headers.append(f'"Idempotency-Key": "{example.once}"')
    lines.append("    headers={" + ", ".join(headers) + "},")
    if example.query:
        pairs = ", ".join(f'"{name}": {_python_text(value)}' for name, value in example.query.items())
        lines.append(f"    params={{{pairs}}},")
    if example.file:
        lines.append(f'    files={{"file": open("{example.file}", "rb")}},')
    if example.body is not None:
        lines.append(f"    json={_python_value(example.body, '    ')},")
    lines += ["    timeout=30,", ")", "answer.raise_for_status()", "print(answer.json())"]
    return "\n".join(lines)


def _node(example: Example) -> str:
    lines = []
    if example.file:
        lines += ['import { openAsBlob } from "node:fs";', ""]
        lines += ["const form = new FormData();"]
        lines += [f'form.append("file", await openAsBlob("{example.file}"), "{example.file}");', ""]
    lines.append("const { env } = process;")
    address = _node_text("{SMS_URL}" + example.path)
    if example.query:
        pairs = ", ".join(f"{name}: {_node_text(value)}" for name, value in example.query.items())
        lines.append(f"const query = new URLSearchParams({{ {pairs} }});")
        address = f"{address[:-1]}?${{query}}`"
    lines.append(f"const answer = await fetch({address}, {{")
    lines.append(f'  method: "{example.method}",')
    lines.append("  headers: {")
    lines.append(f"    Authorization: {_node_text('Bearer {SMS_KEY}')},")
    if example.body is not None:
        lines.append('    "Content-Type": "application/json",')
    if example.once:
        lines.append(f'    "Idempotency-Key": "{example.once}",')
    lines.append("  },")
    if example.body is not None:
        lines.append(f"  body: JSON.stringify({_node_value(example.body, '  ')}),")
    if example.file:
        lines.append("  body: form,")
    lines += [
        "});",
        "if (!answer.ok) throw new Error(await answer.text());",
        "console.log(await answer.json());",
    ]
    return "\n".join(lines)


_WRITERS = {"curl": _curl, "python": _python, "node": _node}


def _shell(text: str) -> str:
    return _VARIABLE.sub(r"$\1", text)


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _f_string(text: str) -> str:
    """`f"{os.environ['SMS_URL']}/api"`"""
    return 'f"' + _VARIABLE.sub(r"{os.environ['\1']}", text) + '"'


def _python_text(text: str) -> str:
    whole = _VARIABLE.fullmatch(text)
    return f'os.environ["{whole[1]}"]' if whole else json.dumps(text, ensure_ascii=False)


def _python_value(value: Any, indent: str) -> str:
    return _value(value, indent, text=_python_text, quoted_names=True, step="    ")


def _node_text(text: str) -> str:
    whole = _VARIABLE.fullmatch(text)
    if whole:
        return f"env.{whole[1]}"
    return "`" + _VARIABLE.sub(r"${env.\1}", text) + "`" if _VARIABLE.search(text) else json.dumps(text)


def _node_value(value: Any, indent: str) -> str:
    return _value(value, indent, text=_node_text, quoted_names=False, step="  ")


def _value(value: Any, indent: str, *, text: Any, quoted_names: bool, step: str) -> str:
    """A literal of the language, broken into lines where it holds more than one thing."""
    inner = indent + step

    def write(part: Any) -> str:
        return _value(part, inner, text=text, quoted_names=quoted_names, step=step)

    if isinstance(value, Mapping):
        names = {name: f'"{name}"' if quoted_names else name for name in value}
        items = [f"{names[name]}: {write(part)}" for name, part in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list):
        items = [write(part) for part in value]
        opening, closing = "[", "]"
        if all(isinstance(part, str) for part in value):
            return "[" + ", ".join(items) + "]"
    else:
        return str(text(value))
    if not items:
        return opening + closing
    # JSON alone wants no comma after the last one.
    last = "" if text is _json_text else ","
    return f"{opening}\n" + ",\n".join(inner + item for item in items) + f"{last}\n{indent}{closing}"
