"""Every action that programs may ask for, by its name."""

from __future__ import annotations

from api.tencent_v3.actions import body_templates, numbers, pulling, sending, signs, statistics
from api.tencent_v3.calls import Action

ACTIONS: dict[str, Action] = {
    action.name: action
    for module in (sending, signs, body_templates, pulling, statistics, numbers)
    for action in module.ACTIONS
}
