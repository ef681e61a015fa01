"""The verification code: proof that a person at the keyboard means this file, this text and this time."""

from __future__ import annotations

import io
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import VerificationRefused
from campaigns.models import Campaign, Verification
from campaigns.services.forecasts import send_digest
from campaigns.services.uploads import current_upload

CODE_DIGITS = 6
VALID_FOR = timedelta(minutes=5)
MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class VerificationAnswer:
    """Which code was shown, and what the person typed."""

    verification: UUID
    answer: str


def is_by_mail() -> bool:
    """Whether codes come by e-mail instead of as picture and sound."""
    return bool(settings.VERIFICATION_BY == "mail")


def issue_verification(*, campaign: Campaign, by: User) -> Verification:
    """A new code for this person and for the campaign as it is now; earlier ones of theirs are void.

    By mail when the installation wants it so; otherwise the page shows picture and sound.
    """
    code = "".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS))
    with transaction.atomic():
        Verification.objects.filter(campaign=campaign, user=by, used_at=None).delete()
        verification = Verification.objects.create(
            user=by,
            campaign=campaign,
            digest=send_digest(campaign, current_upload(campaign)),
            answer=code,
        )
        if is_by_mail():
            transaction.on_commit(lambda: _mail(campaign, by, code))
    return verification


def open_verification(*, campaign: Campaign, by: User) -> Verification:
    """The code that this person has for the campaign as it is now, or a new one. For showing the page."""
    present = Verification.objects.filter(
        campaign=campaign,
        user=by,
        used_at=None,
        n_tries__lt=MAX_TRIES,
        created_at__gt=timezone.now() - VALID_FOR + timedelta(seconds=30),
        digest=send_digest(campaign, current_upload(campaign)),
    ).first()
    return present or issue_verification(campaign=campaign, by=by)


def use_verification(
    *, campaign: Campaign, given: VerificationAnswer, by: User
) -> VerificationRefused | None:
    """Spend a code, or count a wrong try and return why it is refused.

    Returned, not raised, so that the try is kept when the caller's transaction commits. The campaign is locked.
    """
    verification = (
        Verification.objects.select_for_update()
        .filter(uuid=given.verification, campaign=campaign, user=by)
        .first()
    )
    if verification is None:
        return VerificationRefused(_("This verification code is not valid any more. Type the new one."))
    if verification.used_at is not None:
        return VerificationRefused(_("This verification code was used already. Type the new one."))
    if timezone.now() - verification.created_at > VALID_FOR:
        return VerificationRefused(_("This verification code is older than 5 minutes. Type the new one."))
    if verification.n_tries >= MAX_TRIES:
        return VerificationRefused(_("This verification code was tried 5 times. Type the new one."))
    if verification.digest != send_digest(campaign, current_upload(campaign)):
        return VerificationRefused(
            _(
                "File, text or schedule were changed after this code was shown. Look at them and type the new one."
            )
        )
    verification.n_tries += 1
    if not secrets.compare_digest(_tidy(given.answer).encode(), verification.answer.encode()):
        verification.save(update_fields=["n_tries"])
        return VerificationRefused(_("This is not the code. Type the digits again, or ask for a new one."))
    verification.used_at = timezone.now()
    verification.answer = ""
    verification.save(update_fields=["n_tries", "used_at", "answer"])
    return None


def _tidy(answer: str) -> str:
    """Full-width digits and spaces between them are as good."""
    return "".join(unicodedata.normalize("NFKC", answer).split())


def picture_of(verification: Verification) -> bytes:
    """The code as a PNG picture. Drawn anew each time; empty once it was used."""
    if not verification.answer:
        return b""
    stream: io.BytesIO = ImageCaptcha(width=240, height=80).generate(verification.answer, format="png")
    return stream.getvalue()


def sound_of(verification: Verification) -> bytes:
    """The code read aloud, as a WAV file; empty once it was used."""
    if not verification.answer:
        return b""
    return bytes(AudioCaptcha().generate(verification.answer))


def _mail(campaign: Campaign, person: User, code: str) -> None:
    send_mail(
        _("Verification code for “%(name)s”") % {"name": campaign.name},
        _("Type %(code)s to send the campaign “%(name)s”. The code is good for 5 minutes.")
        % {"code": code, "name": campaign.name},
        None,
        [person.email],
    )
