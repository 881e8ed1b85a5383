# shellcheck shell=bash
# What backup, restore and upgrade share: how they speak, and how they reach the stack. Only to be sourced.
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || true # Mac's bash has it not
umask 077
script=${0##*/}
docker=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034  # by the scripts
databases=(mlflow auth studies)
# A backup is these files, and SHA256SUMS, which is written last.
# shellcheck disable=SC2034
files=(mlflow.dump auth.dump studies.dump artifacts.tar versions)

say() { echo "$script: $*"; }

fail() {
    echo "$script: $*" >&2
    exit 1
}

# absolute PATH: the same from any folder.
absolute() { case $1 in /*) echo "${1%/}" ;; *) echo "$PWD/${1%/}" ;; esac }

size() { du --human-readable --apparent-size --summarize "$1" | cut -f1; }

compose() { docker compose --progress quiet "$@"; }

# on_linux: sees that the tools are those that are meant.
on_linux() {
    { setsid --wait true && df --output=avail /; } >/dev/null 2>&1 \
        || fail "it needs Linux's tools (util-linux, GNU coreutils): run it on the machine of the service, under Linux"
}

# reach: goes where compose finds the stack, as it does for any compose command, and sees that it can.
reach() {
    local found
    on_linux
    [ -n "${COMPOSE_FILE-}" ] || cd "$docker"
    command -v docker >/dev/null || fail "Docker with its compose plugin must be installed, but there is no docker"
    found=$(docker version 2>&1 >/dev/null) || fail "a Docker engine must run, but: ${found##*$'\n'}"
    found=$(docker compose config --quiet 2>&1) || fail "${found##*$'\n'}"
}

# ids SERVICE [STATUS...]: the service's containers, without those of `compose run`.
ids() {
    local service=$1 found id status once
    shift
    found=$(compose ps --all --no-trunc --format '{{.ID}} {{.State}} {{.Label "com.docker.compose.oneoff"}}' \
        "$service") || return 1
    while read -r id status once; do
        if [[ $once = False ]] && [[ $# = 0 || " $* " = *" $status "* ]]; then echo "$id"; fi
    done <<<"$found"
}

# in_postgres PROGRAM...: runs it in the database's container, which knows the password.
in_postgres() {
    # shellcheck disable=SC2016,SC2154  # the container's variables, and the script's
    docker exec --interactive "$postgres" sh -c 'export PGUSER=postgres PGPASSWORD="$POSTGRES_PASSWORD" \
        PGOPTIONS="--client-min-messages=warning"; exec "$@"' - "$@"
}

# sql DATABASE: runs what comes in, all of it or nothing, and prints bare values.
sql() {
    in_postgres psql --dbname "$1" --no-psqlrc --quiet --tuples-only --no-align --single-transaction \
        --set ON_ERROR_STOP=1
}

# unbroken COMMAND...: Ctrl-C ends the script after it, but not it.
unbroken() { setsid --wait "$@" >/dev/null; }

# A second container of the server's image, in which no server runs; its output is not kept as a log.
start_helper() { helper=$(compose run --detach --rm "$@" --entrypoint sleep mlflow infinity); }
remove_helper() {
    [ -z "${helper-}" ] || unbroken docker rm --force "$helper" || true
    helper=
}

# answer CONTAINERS: waits until they do. Without any, and for those that end again and again, it fails at once.
answer() {
    local id status health restarts
    [ $# -gt 0 ] || return 1
    for id in "$@"; do
        for _ in $(seq 600); do
            read -r status health restarts < <(docker inspect --format \
                '{{.State.Status}} {{.State.Health.Status}} {{.RestartCount}}' "$id") || return 1
            [ "$status $health" != "running healthy" ] || continue 2
            [[ $status = running || $status = restarting ]] && [ "$restarts" -lt 2 ] || return 1
            sleep 1
        done
        return 1
    done
}

# start CONTAINERS: starts them again, and waits until they answer.
start() { unbroken docker start "$@" && answer "$@"; }
