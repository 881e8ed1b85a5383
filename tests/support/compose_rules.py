"""What holds for every service of `docker/compose.yaml`, born or not yet: each rule lists what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.compose_file import Service, default_of

# Started by hand for one piece of work: such a service ends with it.
_BY_HAND = re.compile(r"trainer(-.+)?")
# What other machines are meant to reach.
REACHED_FROM_OUTSIDE = {"caddy"}
OWN_IMAGE = "tracker-"
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY\b(?!_ID)|_KEY$")
_ADDRESS_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")

Rule = Callable[[str, Service], list[str]]


def words_of(service: Service, *keys: str) -> list[str]:
    """Return what stands under some keys as words: a text, the entries of a list, the values of a mapping."""
    found: list[str] = []
    for key in keys:
        value = service.get(key) or []
        entries = [value] if isinstance(value, str) else value
        found += [
            f"{entry}={entries[entry]}" if isinstance(entries, dict) else str(entry) for entry in entries
        ]
    return found


def environment_of(service: Service) -> dict[str, str]:
    """Return a service's variables, which are a mapping or a list of assignments."""
    given = service.get("environment") or {}
    pairs = given.items() if isinstance(given, dict) else (line.partition("=")[::2] for line in given)
    return {name: str(value) for name, value in pairs}


def published_on_this_machine(name: str, service: Service) -> list[str]:
    """Return ports that other machines reach without anybody having said so."""
    if name in REACHED_FROM_OUTSIDE:
        return []
    hosts = {
        str(port): port.get("host_ip", "")
        if isinstance(port, dict)
        else default_of(str(port)).rpartition(":")[0]
        for port in service.get("ports") or []
    }
    return [port for port, host in hosts.items() if not re.match(r"(127\.0\.0\.1|\[?::1\]?)(:|$)", host)]


def no_way_to_the_host(_: str, service: Service) -> list[str]:
    """Return what lets a container reach what is its host's."""
    keys = [key for key in ("privileged", "devices", "userns_mode", "cgroup_parent") if service.get(key)]
    shared = [key for key in ("network_mode", "pid", "ipc", "uts", "cgroup") if service.get(key) == "host"]
    sockets = [volume for volume in words_of(service, "volumes") if "docker.sock" in volume]
    added = [word for word in words_of(service, "cap_add") if word != "NET_BIND_SERVICE"]
    return keys + shared + sockets + added


def no_new_privileges(_: str, service: Service) -> list[str]:
    """Return the option that keeps programs from gaining rights, if missing, and those that lift others."""
    options = [str(option) for option in service.get("security_opt") or []]
    missing = [] if {"no-new-privileges:true", "no-new-privileges"} & set(options) else ["no-new-privileges"]
    return missing + [option for option in options if "unconfined" in option]


def little_to_write_to(_: str, service: Service) -> list[str]:
    """Return what an image of ours, which runs with no rights and nothing to write to, has to be without."""
    if not str(service.get("image", "")).startswith(OWN_IMAGE) and "build" not in service:
        return []
    wanted = {"read_only": True, "cap_drop": ["ALL"], "init": True}
    return [key for key, value in wanted.items() if service.get(key) != value] + words_of(service, "user")


def comes_back(name: str, service: Service) -> list[str]:
    """Return the restart policy, where it is not that of something that runs until somebody stops it."""
    wanted = "no" if _BY_HAND.fullmatch(name) else "unless-stopped"
    policy = service.get("restart", "no")
    return [] if policy == wanted else [f"restart: {policy}"]


def tells_its_health(name: str, service: Service) -> list[str]:
    """Return the health check, where something that runs on and on has none."""
    check = service.get("healthcheck") or {}
    works = check.get("test") and not check.get("disable") and check["test"] != ["NONE"]
    return [] if works or _BY_HAND.fullmatch(name) else ["healthcheck"]


def keeps_state_in_named_volumes(_: str, service: Service) -> list[str]:
    """Return mounts that can be written to and are no volume with a name."""
    mounts = service.get("volumes") or []
    texts = [default_of(mount) for mount in mounts if isinstance(mount, str)]
    bad = [text for text in texts if not text.endswith(":ro") and not re.match(r"[a-z0-9][\w-]*:/", text)]
    bad += [
        str(mount)
        for mount in mounts
        if isinstance(mount, dict)
        if not mount.get("read_only") and not (mount.get("type") == "volume" and mount.get("source"))
    ]
    return bad


def logs_do_not_fill_the_disk(_: str, service: Service) -> list[str]:
    """Return the logging, where it has no end."""
    logging = service.get("logging") or {}
    options = logging.get("options") or {}
    bounded = logging.get("driver") == "local" or {"max-size", "max-file"} <= set(options)
    return [] if bounded else ["logging"]


def no_secret_where_others_see_it(_: str, service: Service) -> list[str]:
    """Return secrets in what `ps`, `docker inspect` of an image or its history shows."""
    build = service.get("build") if isinstance(service.get("build"), dict) else {}
    words = words_of(service, "command", "entrypoint", "labels")
    words += words_of(service.get("healthcheck") or {}, "test") + words_of(build or {}, "args", "labels")
    return [word for word in words if _SECRET.search(word) or _ADDRESS_WITH_PASSWORD.search(word)]


def no_secret_in_the_file(_: str, service: Service) -> list[str]:
    """Return variables whose secret, or a default of it, is written down, or stands in an address."""
    given = environment_of(service)
    written = [
        name
        for name, value in given.items()
        if _SECRET.search(name)
        if not re.fullmatch(r"(\$\{\w+:\?[^}]+\}|\$\{\w+:?-\}|)", value)
    ]
    return written + [name for name, value in given.items() if _ADDRESS_WITH_PASSWORD.search(value)]


RULES: tuple[Rule, ...] = (
    published_on_this_machine,
    no_way_to_the_host,
    no_new_privileges,
    little_to_write_to,
    comes_back,
    tells_its_health,
    keeps_state_in_named_volumes,
    logs_do_not_fill_the_disk,
    no_secret_where_others_see_it,
    no_secret_in_the_file,
)
