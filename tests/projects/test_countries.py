"""The list of allowed countries: switching, adding many, importing what was exported."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import IdentityVerification, User
from accounts.statuses import EntityKind
from projects import services
from projects.limits import limits_of
from projects.models import AllowedCountry, Cap, Project
from projects.services import CountryLine
from projects.statuses import CapPeriod
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def allowed(project: Project) -> set[str]:
    return set(AllowedCountry.objects.filter(project=project).values_list("country", flat=True))


def add(client: Client, project: Project, text: str = "", **files: Any) -> Any:
    return client.post(reverse("countries-add", args=[project.slug]), {"text": text, **files})


def switch(client: Client, project: Project, is_on: str, seen: str | None = None) -> Any:
    seen = Project.objects.get(pk=project.pk).changed_at.isoformat() if seen is None else seen
    return client.post(reverse("countries-switch", args=[project.slug]), {"is_on": is_on, "seen": seen})


def test_countries_come_by_code_name_and_calling_code(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    response = add(client_of(admin), project, "DE\nfrance\n +852 \nFrance (+33)\n日本\nｕｓ")
    assert response.status_code == 302
    assert allowed(project) == {"DE", "FR", "HK", "JP", "US"}


def test_each_bad_line_is_named_and_the_good_ones_are_added(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    page = add(client_of(admin), project, "DE\n+1\nAtlantis\n<i>x</i>, 5").content.decode()
    assert allowed(project) == {"DE"}
    assert "3 lines were not added." in page
    assert "Several countries share this calling code" in page
    assert "No such country" in page
    assert "&lt;i&gt;x&lt;/i&gt;" in page
    assert "<i>x</i>" not in page


def test_what_was_exported_is_imported_again_with_its_caps(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    caps = {CapPeriod.DAY: (400, 500), CapPeriod.MONTH: (None, 9_000)}
    services.add_countries(project=project, lines=[CountryLine("DE", caps), CountryLine("FR")], by=admin)
    for file_format in ("xlsx", "csv"):
        address = reverse("countries-export", args=[project.slug])
        content = client.get(address, {"format": file_format}).content
        AllowedCountry.objects.all().delete()
        Cap.objects.all().delete()
        file = SimpleUploadedFile(f"countries.{file_format}", content)
        assert add(client, project, file=file).status_code == 302
        assert allowed(project) == {"DE", "FR"}
        rows = Cap.objects.values_list("scope", "period", "warn_at", "cap")
        assert set(rows) == {("DE", "day", 400, 500), ("DE", "month", None, 9_000)}


def test_the_template_holds_headings_alone(client_of: ClientOf, project: Project, admin: User) -> None:
    services.add_countries(project=project, lines=[CountryLine("DE")], by=admin)
    content = (
        client_of(admin).get(reverse("countries-export", args=[project.slug]), {"template": "1"}).content
    )
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)
    assert [row[0] for row in rows] == ["Country"]


@pytest.mark.parametrize("cells", ["DE,500,400", "DE,-1", "DE,many", "DE,1.5", "DE,0"])
def test_a_cap_without_sense_is_named(client_of: ClientOf, project: Project, admin: User, cells: str) -> None:
    page = add(client_of(admin), project, file=SimpleUploadedFile("c.csv", cells.encode())).content.decode()
    assert "1 line was not added." in page
    assert not allowed(project)


def test_an_empty_list_is_never_switched_on_and_a_list_in_force_never_emptied(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    refused = switch(client, project, "yes")
    assert refused.status_code == 422
    assert "Add the countries first" in refused.content.decode()
    services.add_countries(project=project, lines=[CountryLine("DE")], by=admin)
    assert switch(client, project, "yes").status_code == 302
    project.refresh_from_db()
    assert limits_of(project).countries == {"DE"}
    response = client.post(reverse("countries-remove", args=[project.slug]), {"country": ["DE"]})
    assert response.status_code == 422
    assert "nothing could be sent any more" in response.content.decode()
    assert allowed(project) == {"DE"}
    assert switch(client, project, "no").status_code == 302
    client.post(reverse("countries-remove", args=[project.slug]), {"country": ["DE"]})
    assert not allowed(project)


def test_a_stale_switch_is_refused(client_of: ClientOf, project: Project, admin: User) -> None:
    services.add_countries(project=project, lines=[CountryLine("DE")], by=admin)
    response = switch(client_of(admin), project, "yes", seen="2026-01-01T00:00:00+00:00")
    assert response.status_code == 409
    assert not Project.objects.get(pk=project.pk).limits_countries


def test_removing_a_country_removes_its_caps(client_of: ClientOf, project: Project, admin: User) -> None:
    caps = {CapPeriod.DAY: (None, 5)}
    services.add_countries(project=project, lines=[CountryLine("DE", caps), CountryLine("FR")], by=admin)
    client_of(admin).post(
        reverse("countries-remove", args=[project.slug]), {"country": ["DE", "../", "international"]}
    )
    assert allowed(project) == {"FR"}
    assert not Cap.objects.exists()


def test_individuals_choose_no_countries(client_of: ClientOf, project: Project, admin: User) -> None:
    IdentityVerification.objects.update(kind=EntityKind.INDIVIDUAL)
    response = add(client_of(admin), project, "DE")
    assert response.status_code == 422
    assert "only organizations verified as an enterprise" in response.content.decode()
    assert not allowed(project)
    assert "DE" in response.content.decode()


def test_the_search_finds_names_and_codes(client_of: ClientOf, project: Project, admin: User) -> None:
    services.add_countries(project=project, lines=[CountryLine("DE"), CountryLine("FR")], by=admin)
    page = client_of(admin).get(reverse("countries", args=[project.slug]), {"q": "germ"}).content.decode()
    assert 'value="DE"' in page
    assert 'value="FR"' not in page
