"""What is shipped around the code fits the code: containers, units, settings, the Makefile and the README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.utils.module_loading import import_string
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
STORES = {"postgres", "valkey"}
OURS = sorted(set(COMPOSE["services"]) - STORES)
SERVICE_KEYS = {
    *("build", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init", "mem_limit"),
    *("ports", "profiles", "restart", "stop_grace_period", "volumes"),
}
# Read by the image's own programs, not by the console.
FOREIGN_VARIABLES = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def settings_variables() -> set[str]:
    """Every variable that the settings read from the environment."""
    source = (ROOT / "smsconsole" / "settings.py").read_text()
    return set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", source))


def check_command(words: list[str]) -> None:
    """Fail unless these words start something that exists."""
    program = Path(words[0]).name
    if program == "gunicorn":
        assert import_module(words[1]).application
        return
    assert program.startswith("python"), words
    if words[1] == "-c":
        compile(words[2], "healthcheck", "exec")
        return
    assert words[1] == "manage.py", words
    assert words[2] in get_commands(), f"no such command: {words[2]}"
    if words[2] == "rqworker":
        assert words[3] in settings.RQ_QUEUES
        assert import_string(words[words.index("--worker-class") + 1])


def dockerfile_instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def test_the_settings_are_found() -> None:
    assert {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "HOST", "PORT", "DEMO"} <= settings_variables()


@pytest.mark.parametrize("name", OURS)
def test_each_service_runs_a_real_command(name: str) -> None:
    service = COMPOSE["services"][name]
    if "command" in service:
        check_command(service["command"])
    if "healthcheck" in service:
        assert service["healthcheck"]["test"][0] == "CMD"
        check_command(service["healthcheck"]["test"][1:])


@pytest.mark.parametrize("name", OURS)
def test_each_services_variables_are_settings(name: str) -> None:
    assert set(COMPOSE["services"][name]["environment"]) <= settings_variables()


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_each_service_is_well_formed(name: str) -> None:
    service = COMPOSE["services"][name]

    assert set(service) <= SERVICE_KEYS
    assert service.get("image")
    assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
    named = {volume.partition(":")[0] for volume in service["volumes"]}
    assert named <= set(COMPOSE["volumes"])


def test_compose_has_every_process() -> None:
    assert {
        "web",
        "imports",
        "delivery",
        "lines",
        "urgent",
        "callbacks",
        "scheduler",
        "simulated-gateway",
        *STORES,
    } <= set(COMPOSE["services"])
    assert all("healthcheck" in COMPOSE["services"][name] for name in (*STORES, "web", "scheduler"))
    assert COMPOSE["services"]["simulated-gateway"]["profiles"] == ["simulator"]


def test_compose_keeps_no_password_and_opens_no_store() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    assert "POSTGRES_PASSWORD:?" in text
    assert "VALKEY_PASSWORD:?" in text
    assert not any("ports" in COMPOSE["services"][name] for name in STORES)
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"]["web"]["ports"])


def test_the_image_copies_what_exists_and_all_of_it() -> None:
    copied = {
        word for name, rest in dockerfile_instructions() if name == "COPY" for word in rest.split()[:-1]
    }
    apps = {name for name in settings.INSTALLED_APPS if (ROOT / name.split(".")[0]).is_dir()}

    own = {word for word in copied if not word.startswith(("--", "/"))}
    assert {word for word in own if not (ROOT / word).exists()} == set()
    assert {name.split(".")[0] for name in apps} | {"locale", "templates", "static", "manage.py"} <= own
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {word for word in own if f"!{word}" not in ignored} == set()


def test_the_image_does_not_run_as_root() -> None:
    instructions = dockerfile_instructions()
    names = [name for name, _ in instructions]

    assert ("USER", "console") in instructions
    assert names.index("USER") < names.index("CMD")


def test_the_images_variables_and_command_are_real() -> None:
    instructions = dict(dockerfile_instructions())
    variables = {word.partition("=")[0] for word in shlex.split(instructions["ENV"])}

    assert variables - FOREIGN_VARIABLES <= settings_variables()
    check_command(yaml.safe_load(instructions["CMD"]))


def test_the_systemd_units_run_real_commands() -> None:
    text = (ROOT / "docs" / "install.md").read_text()
    commands = re.findall(r"ExecStart(?:Pre)?=([^`\n]+)", text)

    assert len(commands) >= 6
    for command in commands:
        check_command(shlex.split(command))
    example = re.search(r"`/etc/smsconsole.env`:\n\n```\n(.*?)```", text, re.DOTALL)
    assert example
    assert {line.partition("=")[0] for line in example[1].splitlines()} <= settings_variables()


def test_every_setting_is_explained_and_no_other() -> None:
    explained = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )

    assert explained == settings_variables()


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )

    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    for text in [*project["dependencies"], *extras]:
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        assert wanted.specifier.contains(locked[name]), text
        assert version(name) == locked[name]


def test_there_is_one_phonenumbers_and_one_psycopg() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert re.findall(r"^(?:phonenumbers|psycopg)\S*(?===)", lock, re.MULTILINE) == [
        "phonenumbers",
        "psycopg2-binary",
    ]


@pytest.mark.parametrize(
    "target", ["run", "test", "check", "bench", "faults", "screenshots", "worker", "demo"]
)
def test_make_knows_its_targets(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    commands = re.findall(r"python manage\.py (\w+)", done.stdout)
    assert {name for name in commands if name not in get_commands()} == set()


def test_the_readmes_commands_are_real() -> None:
    text = (ROOT / "README.md").read_text()

    named = set(re.findall(r"manage\.py (\w+)", text))
    assert {"send_campaign", "read_recipients", "verify_ledger"} <= named
    assert {name for name in named if name not in get_commands()} == set()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {name for name in re.findall(r"make (\w+)", text) if name not in targets | {"and"}} == set()


def test_the_readmes_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())

    assert {link for link in links if not link.startswith("http") and not (ROOT / link).exists()} == set()


def test_a_console_below_python_311_is_refused_in_words(tmp_path: Path) -> None:
    """`make` finds only Pythons that are too old, and says what to install."""
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "requirements.lock").write_text("")

    done = subprocess.run(
        ["make", "run"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "No Python 3.11 or newer" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert sys.version_info >= (3, 11)
