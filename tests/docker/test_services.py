"""Every service of the compose file keeps the same rules; each rule is seen to be broken here."""

from __future__ import annotations

import re

import pytest

from tests.support.compose_file import Service, documents, services
from tests.support.compose_rules import (
    RULES,
    Rule,
    comes_back,
    keeps_state_in_named_volumes,
    little_to_write_to,
    logs_do_not_fill_the_disk,
    no_new_privileges,
    no_secret_in_the_file,
    no_secret_where_others_see_it,
    no_way_to_the_host,
    published_on_this_machine,
    tells_its_health,
)
from tests.support.repository import DOCKER, ROOT


@pytest.mark.parametrize("name", services())
@pytest.mark.parametrize("rule", RULES)
def test_every_service_keeps_the_rules(rule: Rule, name: str) -> None:
    assert rule(name, services()[name]) == []


@pytest.mark.parametrize(
    ("rule", "service"),
    [
        (published_on_this_machine, {"ports": ["5000:5000"]}),
        (published_on_this_machine, {"ports": [5000]}),
        (published_on_this_machine, {"ports": ["0.0.0.0:5000:5000"]}),
        (published_on_this_machine, {"ports": ["${BIND:-0.0.0.0}:5000:5000"]}),
        (published_on_this_machine, {"ports": ["${BIND}:5000:5000"]}),
        (published_on_this_machine, {"ports": [{"target": 5000, "published": 5000}]}),
        (no_way_to_the_host, {"privileged": True}),
        (no_way_to_the_host, {"network_mode": "host"}),
        (no_way_to_the_host, {"pid": "host"}),
        (no_way_to_the_host, {"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}),
        (no_way_to_the_host, {"cap_add": ["SYS_ADMIN"]}),
        (no_new_privileges, {}),
        (no_new_privileges, {"security_opt": ["no-new-privileges:true", "seccomp:unconfined"]}),
        (little_to_write_to, {"image": "tracker-new"}),
        (little_to_write_to, {"build": "..", "read_only": True, "cap_drop": ["NET_RAW"], "init": True}),
        (
            little_to_write_to,
            {"build": "..", "read_only": True, "cap_drop": ["ALL"], "init": True, "user": "0"},
        ),
        (comes_back, {}),
        (comes_back, {"restart": "always"}),
        (tells_its_health, {}),
        (tells_its_health, {"healthcheck": {"disable": True}}),
        (tells_its_health, {"healthcheck": {"test": ["NONE"]}}),
        (keeps_state_in_named_volumes, {"volumes": ["./data:/data"]}),
        (keeps_state_in_named_volumes, {"volumes": ["/data"]}),
        (keeps_state_in_named_volumes, {"volumes": ["${DATA:-./data}:/data"]}),
        (keeps_state_in_named_volumes, {"volumes": [{"type": "bind", "source": "/a", "target": "/b"}]}),
        (logs_do_not_fill_the_disk, {}),
        (logs_do_not_fill_the_disk, {"logging": {"driver": "json-file"}}),
        (no_secret_where_others_see_it, {"command": "serve --password ${S3_PASSWORD}"}),
        (no_secret_where_others_see_it, {"entrypoint": ["serve", "--key=$${S3_KEY}"]}),
        (no_secret_where_others_see_it, {"healthcheck": {"test": ["CMD", "psql", "postgres://a:$${P}@db"]}}),
        (no_secret_where_others_see_it, {"build": {"args": {"INDEX_TOKEN": "${INDEX_TOKEN}"}}}),
        (no_secret_where_others_see_it, {"build": {"args": ["SECRET_KEY"]}}),
        (no_secret_in_the_file, {"environment": {"S3_PASSWORD": "minio123"}}),
        (no_secret_in_the_file, {"environment": {"AWS_SECRET_ACCESS_KEY": "${S3_SECRET:-tracker}"}}),
        (no_secret_in_the_file, {"environment": ["PGPASSWORD=${P}"]}),
        (no_secret_in_the_file, {"environment": {"STORAGE": "postgresql://a:${P:?missing}@postgres/a"}}),
    ],
)
def test_a_new_service_that_breaks_a_rule_is_found(rule: Rule, service: Service) -> None:
    assert rule("new", service) != []


def test_every_rule_is_seen_to_break() -> None:
    (mark,) = test_a_new_service_that_breaks_a_rule_is_found.pytestmark
    assert {rule for rule, _ in mark.args[1]} == set(RULES)


def test_volumes_are_declared_and_used() -> None:
    mounted = [mount for service in services().values() for mount in service.get("volumes", [])]
    named = {mount.partition(":")[0] for mount in mounted if re.match(r"[a-z0-9][\w-]*:/", mount)}
    assert named == {name for document in documents() for name in document.get("volumes") or {}}


def test_what_is_mounted_of_this_folder_is_in_it() -> None:
    mounted = [mount for service in services().values() for mount in service.get("volumes", [])]
    here = {mount.partition(":")[0] for mount in mounted if mount.startswith("./")}
    assert [path for path in here if not (DOCKER / path).exists()] == []


def test_images_are_built_from_the_whole_repository() -> None:
    builds = [service["build"] for service in services().values() if "build" in service]
    assert [build for build in builds if (DOCKER / build["context"]).resolve() != ROOT] == []
    assert [build for build in builds if not (ROOT / build["dockerfile"]).is_file()] == []
