from __future__ import annotations

import base64
import json

import pytest

from domain.role import Role
from services import access
from services.access import (
    READ_SECONDS,
    TOKEN_SECONDS,
    AccessError,
    Ticket,
    is_signed,
    issue_token,
    read_token,
    seal,
    sign,
    unseal,
)

SECRET = b"0123456789abcdef"
HOUR = 3600


def test_a_token_says_who_may_do_what_where():
    token = issue_token(SECRET, 3, "Zoë = 1.", role=Role.LEAD, now=1000)

    assert read_token(SECRET, token, 3, now=1000) == Ticket(3, "Zoë = 1.", Role.LEAD, 1000)
    assert read_token(SECRET, token, 3, now=999 + TOKEN_SECONDS).reviewer == "Zoë = 1."
    assert TOKEN_SECONDS <= 30 * 60


@pytest.mark.parametrize(
    ("secret", "project_id", "now", "said"),
    [
        (SECRET, 4, 1000, "another project"),
        (b"another", 3, 1000, "not signed in"),
        (SECRET, 3, 1000 + TOKEN_SECONDS, "more than 20 minutes ago"),
    ],
)
def test_a_token_is_refused_elsewhere_and_later(secret, project_id, now, said):
    token = issue_token(SECRET, 3, "Ana", now=1000)

    with pytest.raises(AccessError, match=said) as refusal:
        read_token(secret, token, project_id, now=now)
    assert refusal.value.remedy.startswith("Reload")


def test_looking_goes_on_when_writing_needs_a_fresh_token():
    token = issue_token(SECRET, 3, "Ana", now=1000)

    assert read_token(SECRET, token, 3, for_writing=False, now=1000 + READ_SECONDS).reviewer == "Ana"
    with pytest.raises(AccessError, match="more than 12 hours"):
        read_token(SECRET, token, 3, for_writing=False, now=1001 + READ_SECONDS)


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -10 * 365 * 24 * HOUR])
def test_after_a_jump_of_the_clock_an_old_token_is_void_and_a_new_one_counts(jump):
    # An old one that counted after the clock was put back would live an hour longer than anybody meant.
    before, now = 2_000_000_000, 2_000_000_000 + jump
    old = issue_token(SECRET, 3, "Ana", now=before)

    with pytest.raises(AccessError):
        read_token(SECRET, old, 3, now=now)
    fresh = issue_token(SECRET, 3, "Ana", now=now)
    assert read_token(SECRET, fresh, 3, now=now).remaining(now=now) == TOKEN_SECONDS


def test_a_clock_that_is_set_right_by_a_few_seconds_bothers_nobody():
    token = issue_token(SECRET, 3, "Ana", now=1000)

    assert read_token(SECRET, token, 3, now=950).reviewer == "Ana"


def test_no_two_tokens_are_the_same():
    # The desk asks for another token once per token: the same one again would leave it waiting.
    assert issue_token(SECRET, 3, "Ana", now=1000) != issue_token(SECRET, 3, "Ana", now=1000)


def test_nobody_can_write_a_token():
    payload, _, signature = issue_token(SECRET, 3, "Ana", now=1000).partition(".")
    forged = base64.urlsafe_b64encode(json.dumps([3, "Eve", "lead", 1000, ""]).encode()).decode().rstrip("=")

    for token in [
        "",
        ".",
        "x",
        payload,
        f"{payload}.",
        f"{forged}.{signature}",
        f"{forged}.",
        f"{payload}.{signature}x",
        seal(SECRET, "name", "Ana"),
    ]:
        with pytest.raises(AccessError, match="not signed in"):
            read_token(SECRET, token, 3, now=1000)


def test_a_token_of_an_earlier_relook_asks_for_a_reload():
    payload = base64.urlsafe_b64encode(json.dumps([3, "Ana", 9_999_999_999]).encode()).decode().rstrip("=")

    with pytest.raises(AccessError, match="before Relook was updated"):
        read_token(SECRET, f"{payload}.{sign(SECRET, 'token', payload)}", 3, now=1000)


def test_the_clock_of_the_machine_counts_unless_a_time_is_given(monkeypatch):
    token = issue_token(SECRET, 3, "Ana")
    assert read_token(SECRET, token, 3).remaining() > TOKEN_SECONDS - 60

    later = access.time.time() + TOKEN_SECONDS + 1
    monkeypatch.setattr(access.time, "time", lambda: later)
    with pytest.raises(AccessError, match="minutes ago"):
        read_token(SECRET, token, 3)


def test_a_signature_is_for_its_words_only():
    signature = sign(SECRET, "images", "3", "a.png", "0")

    assert signature == sign(SECRET, "images", "3", "a.png", "0")
    assert is_signed(SECRET, signature, "images", "3", "a.png", "0")
    assert not is_signed(SECRET, signature, "images", "3", "a.pn", "g0")
    assert not is_signed(SECRET, signature, "images3", "", "a.png", "0")
    assert not is_signed(b"another", signature, "images", "3", "a.png", "0")
    assert not is_signed(SECRET, "é", "images", "3", "a.png", "0")


def test_what_is_sealed_opens_here_and_for_its_purpose_only():
    sealed = seal(SECRET, "name", "Zoë <b>")

    assert unseal(SECRET, "name", sealed) == "Zoë <b>"
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    for other in ("", ".", "x.y", sealed[:-1], "é.é", f"x{sealed}"):
        assert unseal(SECRET, "name", other) is None
    assert unseal(SECRET, "token", sealed) is None
    assert unseal(b"another", "name", sealed) is None
