"""No secret is in the repository: nothing that could be committed looks like one."""

from __future__ import annotations

import re
import secrets

import pytest

from tests.support.repository import ROOT, files, text_of

_LETTERS_AND_DIGITS = r"(?=[A-Za-z_+/-]*\d)(?=[\d_+/-]*[A-Za-z])[A-Za-z0-9_+/-]{20,}"
LOOKS_LIKE_A_SECRET = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a token": r"\b(?:gh[opsu]|github_pat|glpat|xox[abpr]|hf|pypi|npm|dckr_pat|sk-\w+)[_-][\w-]{20,}",
    "an access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
    "a value that is no word, of something secret": r"(?i:password|passwd|secret|token|api_?key)\w*[\"']?"
    rf"\s*[=:]\s*[\"']?{_LETTERS_AND_DIGITS}",
    "an address with a password that is no word": r"://[\w.-]+:(?=[^@\s/]*\d)[^@\s/{}$:\"'<>]{12,}@",
}


def found_in(text: str) -> list[str]:
    """Return what in a text looks like a secret."""
    return [what for what, pattern in LOOKS_LIKE_A_SECRET.items() if re.search(pattern, text)]


def test_nothing_that_is_committed_looks_like_a_secret() -> None:
    looked_at = [path for path in files() if text_of(path)]
    assert len(looked_at) > 300
    found = {
        path.relative_to(ROOT).as_posix(): what for path in looked_at if (what := found_in(text_of(path)))
    }
    assert found == {}


def test_no_file_that_holds_secrets_is_committed() -> None:
    named = (
        r"\.env(\..*)?|.*\.(pem|key|p12|pfx|kdbx|jks)|id_(rsa|ecdsa|ed25519)|\.(netrc|pgpass|pypirc|htpasswd)"
    )
    held = [path.name for path in files() if re.fullmatch(named, path.name) and path.name != ".env.example"]
    assert held == []


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
        "ghp_RANDOM",
        "glpat-RANDOM",
        "hf_RANDOM",
        "pypi-RANDOM",
        "AKIA" + "ABCDEFGH12345678",
        "TRACKER_PASSWORD=RANDOM",
        'password = "RANDOM"',
        "MLFLOW_SECRET_KEY: RANDOM",
        '{"api_key": "RANDOM"}',
        "MLFLOW_TRACKING_URI=https://anna:RANDOM@tracker.example.org",
        "postgresql://studies:RANDOM@postgres/studies",
    ],
)
def test_what_looks_like_a_secret_is_found(text: str) -> None:
    # Made here, so that none stands in this file; with a digit, as nearly all have.
    random = f"{secrets.token_urlsafe(24)}7a"
    assert found_in(f"some text\nexport {text.replace('RANDOM', random)}\n") != []


@pytest.mark.parametrize(
    "text",
    [
        "TRACKER_PASSWORD=",
        "MLFLOW_TRACKING_PASSWORD=...",
        "PGPASSWORD: ${STUDIES_PASSWORD:?run docker/secrets first}",
        "password = secrets.token_urlsafe(18)",
        "https://anna:secret@host/mlflow",
        "SECRET_KEY = read_key_from_the_environment()",
    ],
)
def test_words_about_secrets_pass(text: str) -> None:
    assert found_in(text) == []
