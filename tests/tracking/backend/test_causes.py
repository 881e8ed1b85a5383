"""Why a server could not be asked: each cause is told apart, with what to set, by real failures."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.support.odd_servers import answering
from tests.support.servers import HOST, free_port
from tracker.tracking.backend.causes import cause_of, proxy_for
from tracker.tracking.backend.client import ask

ELSEWHERE = "http://tracker.invalid:5000"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH", raising=False)


def problem(uri: str) -> str:
    answer = ask(uri)
    assert answer.failure == "temporary"
    assert "\n" not in answer.problem
    return answer.problem


def test_a_port_on_which_nothing_listens() -> None:
    uri = f"http://{HOST}:{free_port()}"
    assert problem(uri) == (
        f"{uri} cannot be reached: nothing listens at {uri.removeprefix('http://')} (connection refused): "
        "start the server, or mend the port"
    )


def test_a_name_that_no_machine_has() -> None:
    assert problem(ELSEWHERE) == (
        f"{ELSEWHERE} cannot be reached: no machine is known by the name of tracker.invalid: mend it, or "
        "look whether the network (VPN) is up"
    )


def test_a_proxy_that_is_not_there_is_named_with_its_variable_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = f"http://{HOST}:{free_port()}"
    monkeypatch.setenv("HTTP_PROXY", proxy.replace("//", "//me:geheim@"))
    assert problem(ELSEWHERE) == (
        f"{ELSEWHERE} cannot be reached through the proxy {proxy} (HTTP_PROXY): nothing listens at "
        f"{proxy.removeprefix('http://')} (connection refused); if it needs no proxy, add tracker.invalid "
        "to NO_PROXY"
    )


def test_a_proxy_that_answers_for_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(503, {}, b"<html>no such host</html>") as (proxy, _):
        monkeypatch.setenv("http_proxy", proxy)
        assert problem(ELSEWHERE) == (
            f"{ELSEWHERE} answers with error 503; it is asked through the proxy {proxy} (http_proxy): if it "
            "needs none, add tracker.invalid to NO_PROXY"
        )


def test_a_proxy_that_opens_no_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(502, {}, b"") as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        found = problem("https://tracker.invalid")
    assert found.startswith(
        f"https://tracker.invalid cannot be reached through the proxy {proxy} (HTTPS_PROXY): "
    )
    assert found.endswith("; if it needs no proxy, add tracker.invalid to NO_PROXY")


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, {}, b"{}") as (proxy, through_proxy), answering(200, {}, b"{}") as (uri, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "intern.example")
        assert ask(uri).failure == ""
        assert ask(uri.replace(HOST, "localhost")).failure == ""
        assert asked
        assert not through_proxy
        # What was set stays: others are still asked as before.
        assert proxy_for("http://intern.example/") is None
        assert str(proxy_for(ELSEWHERE)) == f"the proxy {proxy} (HTTP_PROXY)"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody has signed but itself, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    named = "-subj /CN=tracker -addext subjectAltName=DNS:tracker -keyout key.pem -out own.pem"
    subprocess.run(
        [*made.split(), *named.split()],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    file = folder / "own.pem"
    file.write_bytes(file.read_bytes() + (folder / "key.pem").read_bytes())
    return file


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[str]:
    """A server that shows this certificate, and says nothing more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with closing(socket.create_server((HOST, 0))) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with suppress(OSError), context.wrap_socket(client, server_side=True) as channel:
                        channel.recv(1)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://{HOST}:{listener.getsockname()[1]}"
        # It wakes who waits for the next one.
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_certificate_of_an_unknown_authority_and_one_of_another_name(
    encrypted: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        "MLFLOW_TRACKING_SERVER_CERT_PATH must name that authority's file, or REQUESTS_CA_BUNDLE"
        in problem(encrypted)
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert problem(encrypted).endswith(
        "shows a certificate of another name: it must be addressed by the certificate's"
    )


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "MLFLOW_TRACKING_SERVER_CERT_PATH"])
def test_a_file_of_certificates_that_is_not_there(
    encrypted: str, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    assert problem(encrypted) == (
        f"{encrypted} cannot be checked: {variable} names {tmp_path}/none.pem, which is not there"
    )


def test_http_and_https_mixed_up(encrypted: str) -> None:
    with answering(200, {}, b"{}") as (uri, _):
        assert "does not speak HTTPS there" in problem(uri.replace("http:", "https:"))
    assert "broke the connection off" in problem(encrypted.replace("https:", "http:"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "NewConnectionError('Failed to establish a new connection: [Errno 113] No route to host')",
            "no way from here to a",
        ),
        (
            "NewConnectionError('Failed to establish a new connection: [Errno 101] Network is unreachable')",
            "no way from",
        ),
        (
            "ConnectTimeoutError(<HTTPConnection>, 'Connection to a timed out. (connect timeout=4)')",
            "a:5000 does not take",
        ),
        (
            "NewConnectionError('[WinError 10061] No connection could be made: actively refused it')",
            "nothing listens at a",
        ),
        ("ReadTimeoutError('Read timed out. (read timeout=4)')", "does not answer in time"),
    ],
)
def test_what_cannot_be_made_to_happen_here(said: str, told: str) -> None:
    reason = f"API request to http://a:5000/api failed with exception Max retries exceeded (Caused by {said})"
    assert told in cause_of(reason)


def test_what_is_not_known_is_left_to_the_words_of_mlflow() -> None:
    assert cause_of("RESOURCE_DOES_NOT_EXIST: no experiment 'a'") == ""
