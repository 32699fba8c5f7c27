"""Settings, read from the environment in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.role import Role


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    Attributes:
        home: Everything of a user lives here (`RELOOK_HOME`).
        database_url: SQLAlchemy URL (`RELOOK_DATABASE_URL`); SQLite under `home` unless set.
        max_pixels: Images above are refused from their header (`RELOOK_MAX_PIXELS`).
        max_file_bytes: Label, prediction and checkpoint files above are refused (`RELOOK_MAX_FILE_BYTES`).
        has_demo: Whether the first start creates the demo projects (`RELOOK_DEMO`, 1 unless set to 0).
        demo_images: How many images each of them has (`RELOOK_DEMO_IMAGES`).
        default_role: Role of people nobody gave one (`RELOOK_DEFAULT_ROLE`).
        reviewer: Name of everyone who opens the app, so that nobody is asked for it (`RELOOK_REVIEWER`).
    """

    home: Path
    database_url: str
    max_pixels: int = 500_000_000
    max_file_bytes: int = 8 * 1024**3
    has_demo: bool = True
    demo_images: int = 60
    default_role: Role = Role.REVIEWER
    reviewer: str = ""


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from `environment`.

    Raises:
        InputError: A number is not a number, or a role no role; the message names the variable.
    """
    home = Path(environment.get("RELOOK_HOME") or "workspace").expanduser().absolute()
    return Settings(
        home=home,
        database_url=environment.get("RELOOK_DATABASE_URL") or f"sqlite:///{home / 'relook.sqlite'}",
        max_pixels=_read_count(environment, "RELOOK_MAX_PIXELS", 500_000_000),
        max_file_bytes=_read_count(environment, "RELOOK_MAX_FILE_BYTES", 8 * 1024**3),
        has_demo=environment.get("RELOOK_DEMO", "1") != "0",
        demo_images=_read_count(environment, "RELOOK_DEMO_IMAGES", 60),
        default_role=_read_role(environment, "RELOOK_DEFAULT_ROLE", Role.REVIEWER),
        reviewer=" ".join(environment.get("RELOOK_REVIEWER", "").split()),
    )


def _read_count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise InputError(f"{name} is '{text}'; expected a whole number above 0.", remedy=f"Unset {name} or mend it.")
    return int(text)


def _read_role(environment: Mapping[str, str], name: str, default: Role) -> Role:
    text = environment.get(name, "") or default.value
    if text not in set(Role):
        raise InputError(f"{name} is '{text}'; expected {', '.join(Role)}.", remedy=f"Unset {name} or mend it.")
    return Role(text)
