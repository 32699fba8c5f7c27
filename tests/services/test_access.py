from __future__ import annotations

import base64
import json

import pytest

from services.access import TOKEN_SECONDS, AccessError, Ticket, is_signed, issue_token, read_token, sign

SECRET = b"0123456789abcdef"


def test_a_token_says_who_may_write_where_and_how_long():
    token = issue_token(SECRET, 3, "Zoë = 1.", now=1000)

    assert read_token(SECRET, token, 3, now=1000) == Ticket(3, "Zoë = 1.", 1000 + TOKEN_SECONDS)
    assert read_token(SECRET, token, 3, now=1000 + TOKEN_SECONDS).reviewer == "Zoë = 1."


@pytest.mark.parametrize(
    ("secret", "project_id", "now", "said"),
    [
        (SECRET, 4, 1000, "another project"),
        (b"another", 3, 1000, "not signed in"),
        (SECRET, 3, 1001 + TOKEN_SECONDS, "more than 12 hours"),
    ],
)
def test_a_token_is_refused_elsewhere_and_later(secret, project_id, now, said):
    token = issue_token(SECRET, 3, "Ana", now=1000)

    with pytest.raises(AccessError, match=said) as refusal:
        read_token(secret, token, project_id, now=now)
    assert "Reload it" in refusal.value.remedy


def test_nobody_can_write_a_token():
    payload, _, signature = issue_token(SECRET, 3, "Ana", now=1000).partition(".")
    forged = base64.urlsafe_b64encode(json.dumps([3, "Eve", 9_999_999_999]).encode()).decode().rstrip("=")

    for token in [
        "",
        ".",
        "x",
        payload,
        f"{payload}.",
        f"{forged}.{signature}",
        f"{forged}.",
        f"{payload}.{signature}x",
    ]:
        with pytest.raises(AccessError, match="not signed in"):
            read_token(SECRET, token, 3, now=1000)


def test_a_signature_is_for_its_words_only():
    signature = sign(SECRET, "images", "3", "a.png", "0")

    assert signature == sign(SECRET, "images", "3", "a.png", "0")
    assert is_signed(SECRET, signature, "images", "3", "a.png", "0")
    assert not is_signed(SECRET, signature, "images", "3", "a.pn", "g0")
    assert not is_signed(SECRET, signature, "images3", "", "a.png", "0")
    assert not is_signed(b"another", signature, "images", "3", "a.png", "0")
    assert not is_signed(SECRET, "é", "images", "3", "a.png", "0")
