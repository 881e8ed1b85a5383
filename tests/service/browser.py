"""Looks at a service with a browser, as a person does: `python browser.py mlflow URL OUT.png`.

mlflow     logs in with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, opens an experiment's charts,
           and writes a note, as the page does it: by a POST that tells its origin
dashboard  opens Optuna's list of studies, and the first study

With --authority FILE the server's certificate has to be of that authority.
Needs Playwright and Chromium.
"""

import argparse
import base64
import hashlib
import os
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from playwright.sync_api import Browser, Page, sync_playwright

PATIENCE_MS = 60_000
POST = """async ([path, body]) => {
    const headers = {"Content-Type": "application/json"};
    return (await fetch(path, {method: "POST", headers, body: JSON.stringify(body)})).status;
}"""
GET = "async path => (await fetch(path)).json()"


def key_behind(url: str, authority: Path) -> str:
    """Check a server's certificate, and return the hash of its key, by which Chromium takes it.

    Raises:
        SSLError: It is not of this authority, or of another name.
    """
    place = urlsplit(url)
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection((place.hostname, place.port or 443), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as secured,
    ):
        certificate = load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def open_page(browser: Browser, url: str) -> Page:
    """Open a page with the account of the environment, if there is one."""
    name = os.environ.get("MLFLOW_TRACKING_USERNAME")
    account = {"username": name, "password": os.environ["MLFLOW_TRACKING_PASSWORD"]} if name else None
    page = browser.new_context(http_credentials=account, viewport={"width": 1500, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


def look_at_mlflow(page: Page, experiment: str) -> None:
    """Open an experiment's charts, and write a note to it."""
    found = page.evaluate(GET, f"/ajax-api/2.0/mlflow/experiments/get-by-name?experiment_name={experiment}")
    number = found["experiment"]["experiment_id"]
    page.goto(
        f"{page.url.split('#')[0]}#/experiments/{number}/runs?workflowType=machine_learning&compareRunsMode=CHART"
    )
    page.wait_for_selector(".js-plotly-plot")
    note = {"experiment_id": number, "key": "mlflow.note.content", "value": "Looked at in the browser."}
    answer = page.evaluate(POST, ["/ajax-api/2.0/mlflow/experiments/set-experiment-tag", note])
    if answer != 200:
        sys.exit(f"a page of {page.url} must be able to write, but the server answers {answer}")
    page.wait_for_timeout(3000)


def look_at_dashboard(page: Page) -> None:
    """Open the first study of the list."""
    page.locator('a[href*="/studies/"]').first.click()
    page.wait_for_selector(".js-plotly-plot")
    page.wait_for_timeout(3000)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["mlflow", "dashboard"])
    parser.add_argument("url")
    parser.add_argument("picture", type=Path, help="where the screenshot goes")
    parser.add_argument("--authority", type=Path, help="the certificate of the authority (PEM)")
    parser.add_argument("--experiment", default="phantom", help="the experiment to look at (phantom)")
    return parser.parse_args()


def main() -> None:
    """Look, and keep a screenshot of what was seen."""
    asked = parse()
    flags = ["--no-sandbox"]
    if asked.authority:
        flags.append(f"--ignore-certificate-errors-spki-list={key_behind(asked.url, asked.authority)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=flags
        )
        page = open_page(browser, asked.url)
        try:
            if asked.what == "mlflow":
                look_at_mlflow(page, asked.experiment)
            else:
                look_at_dashboard(page)
        finally:
            page.screenshot(path=asked.picture)
        browser.close()


if __name__ == "__main__":
    main()
