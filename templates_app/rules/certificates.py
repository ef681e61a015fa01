"""Which documents prove the right to a signature, by its type, its use and who asks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

# Types that an organization verified as an individual may not choose.
ENTERPRISE_TYPES = frozenset({"company", "trademark", "government"})

_LICENCE = _("The business licence, or a certificate with the social credit code.")
_APP = _("A screenshot of the app's page in the back-end of the store, with the developer's name.")
_WEBSITE = _("A screenshot of the site's ICP filing.")
_ACCOUNT = _("A screenshot of the account's settings page, with its name and its owner.")
_TRADEMARK = _("The registration certificate of the trademark.")
_GOVERNMENT = _("The certificate of the institution, or its organization code or social credit certificate.")
_LETTER = _(
    "The letter of authorization, sealed by the owner of the name and made out to your organization's full name."
)
_OWNERS = _("The owner's own certificate, as if they asked for themselves.")

_BY_TYPE: dict[str, Words] = {
    "company": _LICENCE,
    "app": _APP,
    "website": _WEBSITE,
    "official_account": _ACCOUNT,
    "trademark": _TRADEMARK,
    "government": _GOVERNMENT,
}


@dataclass(frozen=True, slots=True)
class Needed:
    """`documents` in words, one each; `at_least` so many files must be attached (0: only advised)."""

    documents: tuple[Words, ...]
    at_least: int


def certificates_needed(*, type: str, use: str, entity: str) -> Needed:
    """What has to be attached to a signature of this type and use.

    A verified enterprise has shown its licence already, so its own names need nothing more, except a trademark and
    a public institution, which the licence does not prove.
    """
    own = _BY_TYPE.get(type, _LICENCE)
    if use == "others":
        return Needed((_LETTER, own if type in ("trademark", "government") else _OWNERS), 2)
    if type in ("trademark", "government"):
        return Needed((own,), 1)
    if entity == "individual":
        return Needed((own,), 1)
    return Needed((own if type == "company" else _LICENCE,), 0)
