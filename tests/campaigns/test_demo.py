"""The example that a first start makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User
from campaigns import demo, fanout
from campaigns.models import Campaign, Upload
from campaigns.statuses import CampaignStatus
from delivery.models import Message
from templates_app.models import BodyTemplateRevision

pytestmark = pytest.mark.django_db


def test_it_sends_a_campaign_and_lets_people_sign_in(tmp_path: Path) -> None:
    sign_ins = tmp_path / "first-sign-in.txt"
    demo.load(sign_ins=sign_ins)
    email, password = sign_ins.read_text().splitlines()[0].split()
    assert User.objects.get(email=email).check_password(password)
    assert sign_ins.stat().st_mode & 0o777 == 0o600
    campaign = Campaign.objects.get()
    assert campaign.status == CampaignStatus.RUNNING
    upload = Upload.objects.get()
    assert (upload.n_rows, upload.n_refused, upload.n_duplicates) == (124, 3, 1)
    fanout.run(campaign.pk)
    assert Message.objects.count() == 120


def test_its_texts_are_the_documented_ones(tmp_path: Path) -> None:
    demo.load(sign_ins=tmp_path / "first-sign-in.txt")
    approved = BodyTemplateRevision.objects.filter(status="approved")
    assert set(approved.values_list("body_template__name", "text")) == {
        ("International order notice", demo.INTERNATIONAL_TEXT),
        ("Domestic order notice", demo.DOMESTIC_TEXT),
    }
    assert set(approved.values_list("body_template__region", flat=True)) == {"domestic", "international"}


def test_loading_it_twice_does_nothing(tmp_path: Path) -> None:
    demo.load(sign_ins=tmp_path / "first-sign-in.txt")
    assert demo.load(sign_ins=tmp_path / "other.txt") is None
    assert Campaign.objects.count() == 1
    assert not (tmp_path / "other.txt").exists()
