from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InputError
from domain.role import Role
from domain.settings import read_settings


def test_everything_has_a_default():
    settings = read_settings({})

    home = Path("workspace").absolute()
    assert settings.home == home
    assert settings.database_url == f"sqlite:///{home / 'relook.sqlite'}"
    assert (settings.max_pixels, settings.max_file_bytes, settings.has_demo) == (500_000_000, 8 * 1024**3, True)


def test_the_environment_says_where_and_how(tmp_path):
    settings = read_settings(
        {
            "RELOOK_HOME": str(tmp_path),
            "RELOOK_DATABASE_URL": "postgresql://db/relook",
            "RELOOK_MAX_PIXELS": "1000",
            "RELOOK_MAX_FILE_BYTES": "2000",
            "RELOOK_DEMO": "0",
        }
    )

    assert (settings.home, settings.database_url) == (tmp_path, "postgresql://db/relook")
    assert (settings.max_pixels, settings.max_file_bytes, settings.has_demo) == (1000, 2000, False)


def test_the_home_of_a_person_is_understood():
    assert read_settings({"RELOOK_HOME": "~/relook"}).home == Path.home() / "relook"


@pytest.mark.parametrize("name", ["RELOOK_MAX_PIXELS", "RELOOK_MAX_FILE_BYTES"])
@pytest.mark.parametrize("text", ["many", "-1", "0", "1.5", "1e9", "½"])
def test_a_number_that_is_none_is_refused_by_its_name(name, text):
    with pytest.raises(InputError, match=f"{name} is '{text}'; expected a whole number above 0") as refusal:
        read_settings({name: text})
    assert name in refusal.value.remedy


def test_roles_and_names_of_people_are_settings():
    settings = read_settings({"RELOOK_DEFAULT_ROLE": "viewer", "RELOOK_REVIEWER": "  Ana   R. "})

    assert (settings.default_role, settings.reviewer) == (Role.VIEWER, "Ana R.")
    with pytest.raises(InputError, match="RELOOK_DEFAULT_ROLE is 'boss'; expected viewer, reviewer, lead"):
        read_settings({"RELOOK_DEFAULT_ROLE": "boss"})


def test_an_empty_variable_counts_as_not_set():
    names = ("RELOOK_HOME", "RELOOK_DATABASE_URL", "RELOOK_MAX_PIXELS", "RELOOK_DEFAULT_ROLE", "RELOOK_REVIEWER")
    settings = read_settings(dict.fromkeys(names, ""))

    assert settings == read_settings({})
