"""What the scopes of a key mean, in a sentence each."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.statuses import ApiScope

SCOPE_EXPLANATIONS: dict[ApiScope, str | Promise] = {
    ApiScope.MESSAGES_SEND: _("Single messages and batches, which cost money."),
    ApiScope.MESSAGES_READ: _(
        "What became of messages, what people answered, and figures. Whole numbers show."
    ),
    ApiScope.CAMPAIGNS_WRITE: _("Create campaigns, upload recipients, ask for a forecast. Nothing is sent."),
    ApiScope.CAMPAIGNS_SEND: _("Programs are asked for no verification code."),
    ApiScope.TEXTS_READ: _("With the state of their review."),
    ApiScope.TEXTS_WRITE: _("Reviewers decide as usual. Only for organizations verified as an enterprise."),
    ApiScope.NUMBERS_WRITE: _("Blacklist, whitelist and unsubscribed numbers."),
}
