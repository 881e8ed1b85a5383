"""Why a server could not be asked, by what went wrong on the way, and what to set or mend.

MLflow's client hands on what its libraries say, as text: what is in it is recognized here by their words.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.addresses import shown

NOT_OF_MLFLOW = (
    "answers as MLflow does not: another program, a page to log in or a proxy may stand at this address"
)

_CERTIFICATES = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_UNKNOWN_AUTHORITY = (
    "shows a certificate of an authority that this machine does not know: "
    f"{_CERTIFICATES[0]} must name that authority's file, or {_CERTIFICATES[1]}"
)
_OTHER_NAME = "shows a certificate of another name: it must be addressed by the certificate's"
_NOT_HTTPS = "does not speak HTTPS there: write http:// in its address, or mend the port"
_BROKEN_OFF = "is there but broke the connection off: mend the port, or write https:// if it wants that"
_CUT_OFF = "broke off in the middle of its answer"
_MEANINGS = {
    "out-of-date database schema": "was made by another version of MLflow",
    "unable to get local issuer certificate": _UNKNOWN_AUTHORITY,
    "self-signed certificate": _UNKNOWN_AUTHORITY,
    "self signed certificate": _UNKNOWN_AUTHORITY,
    "Hostname mismatch": _OTHER_NAME,
    "IP address mismatch": _OTHER_NAME,
    "certificate has expired": "shows a certificate that has expired: whoever runs it must renew it",
    "certificate is not yet valid": "shows a certificate that is not valid yet: is the clock here right?",
    "CERTIFICATE_VERIFY_FAILED": "shows a certificate that does not hold: whoever runs it must mend it",
    "WRONG_VERSION_NUMBER": _NOT_HTTPS,
    "record layer failure": _NOT_HTTPS,
    "packet length too long": _NOT_HTTPS,
    "HANDSHAKE_FAILURE": "wants another kind of encryption than this machine has",
    "certificate required": "wants a certificate of ours: MLFLOW_TRACKING_CLIENT_CERT_PATH names it",
    "NO_CERTIFICATE_OR_CRL_FOUND": f"cannot be checked: the file that {_CERTIFICATES[0]} or "
    f"{_CERTIFICATES[1]} names holds no certificate",
    "Missing dependencies for SOCKS": "is asked through a SOCKS proxy, for which the package pysocks is "
    "missing: pip install pysocks, or add the server's name to NO_PROXY",
    "redirects": "sends from one address to the next without an end: a page to log in, perhaps",
    "IncompleteRead": _CUT_OFF,
    "Connection broken": _CUT_OFF,
    "Response ended prematurely": _CUT_OFF,
    "Read timed out": "is there but does not answer in time",
    "Failed to parse": "has an address that is none: mend it",
    "not in a valid JSON format": NOT_OF_MLFLOW,
    "failed to decode it": NOT_OF_MLFLOW,
}
_NO_FILE = re.compile(r"Could not find (?:a suitable TLS|the TLS) .*?invalid path: (\S+)")
_AGAIN_AND_AGAIN = re.compile(r"too many (\d{3}) error responses")
# From 3.18 on, MLflow asks only once what could be done twice.
_ONCE = re.compile(r"API request to endpoint \S+ failed with error code (50[0234]|408|429) ")
_NO_JSON = re.compile(r"API request to endpoint (\S+) failed with error code (\d{3}) ")
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[\w ]*)")
_ASKED = re.compile(r"API request to (https?://\S+) failed")
_NO_CONNECTION = {
    re.compile(
        r"NameResolutionError|Name or service not known|getaddrinfo failed|[Nn]odename nor servname"
    ): ("no machine is known by the name of {host}: mend it, or look whether the network (VPN) is up"),
    re.compile(r"Connection refused|actively refused"): (
        "nothing listens at {place} (connection refused): start the server, or mend the port"
    ),
    re.compile(r"No route to host|Network is unreachable|[Uu]nreachable host"): (
        "there is no way from here to {host}: look whether the network (VPN) is up"
    ),
    re.compile(r"ConnectTimeout|[Cc]onnection to \S+ timed out|Connection timed out"): (
        "{place} does not take the connection in time: it is off, or a firewall is between"
    ),
}
_BREAKS = re.compile(
    r"reset by peer|Connection aborted|RemoteDisconnected|BadStatusLine|EOF occurred|Broken pipe"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """What requests to a server go through.

    Attributes:
        address: Without an account.
        variable: The environment variable that names it; empty where the system's settings do.
    """

    address: str
    variable: str = ""

    def __str__(self) -> str:
        return f"the proxy {self.address}" + (f" ({self.variable})" if self.variable else "")


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that requests to a server go through; None: none.

    Args:
        url: The server's address.
    """
    from requests.utils import get_environ_proxies, select_proxy

    found = select_proxy(url, get_environ_proxies(url)) if url else None
    if not found:
        return None
    names = [name for name, value in os.environ.items() if name.lower().endswith("_proxy") and value == found]
    return Proxy(shown(str(found)), names[0] if names else "")


def without_proxy(url: str) -> str:
    """Say how to ask a server without its proxy; empty where it is asked so.

    Args:
        url: The server's address.
    """
    proxy = proxy_for(url)
    return (
        f"it is asked through {proxy}: if it needs none, add {urlsplit(url).hostname} to NO_PROXY"
        if proxy
        else ""
    )


def cause_of(reason: str, server: str = "") -> str:
    """Say why a server could not be asked, as a sentence without its subject; empty where that is not known.

    Args:
        reason: What MLflow's client said, in one line.
        server: Its address, where that is known; not all that the client says has it.
    """
    asked = _ASKED.search(reason)
    url = asked[1] if asked else server
    if file := _NO_FILE.search(reason):
        return f"cannot be checked: {_namer_of(file[1])} names {file[1]}, which is not there"
    if again := _AGAIN_AND_AGAIN.search(reason) or _ONCE.search(reason):
        return "; ".join(filter(None, (f"answers with error {again[1]}", without_proxy(url))))
    if known := next((meaning for phrase, meaning in _MEANINGS.items() if phrase in reason), ""):
        return known
    if other := _NO_JSON.search(reason):
        return f"{NOT_OF_MLFLOW} ({other[2]} to {other[1]})"
    if _BREAKS.search(reason) and "ProxyError" not in reason:
        return _BROKEN_OFF
    return _unreached(reason, url)


def _unreached(reason: str, url: str) -> str:
    """Say why no connection came about: to a server, or to the proxy before it."""
    proxy = proxy_for(url) if url else None
    parts = urlsplit(proxy.address if proxy else url)
    names = {"host": parts.hostname or "its host", "place": parts.netloc or "its port"}
    why = next(
        (said.format(**names) for pattern, said in _NO_CONNECTION.items() if pattern.search(reason)), ""
    )
    if proxy is None:
        unreached = why or "Max retries exceeded" in reason
        return ": ".join(filter(None, ("cannot be reached", why))) if unreached else ""
    if not why and "ProxyError" not in reason:
        return ""
    tunnel = _TUNNEL.search(reason)
    why = why.partition(": ")[0] or (f"it answers {tunnel[1]}" if tunnel else "it does not let us through")
    name = urlsplit(url).hostname
    return f"cannot be reached through {proxy}: {why}; if it needs no proxy, add {name} to NO_PROXY"


def _namer_of(path: str) -> str:
    """Return which variable names a file of certificates."""
    names = (*_CERTIFICATES, "MLFLOW_TRACKING_CLIENT_CERT_PATH")
    return next((name for name in names if os.environ.get(name) == path), "a variable")
