# shellcheck shell=bash
# What backup, restore and upgrade share: how they speak, and how they reach the stack. Only to be sourced.
set -euo pipefail
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

# reach: goes where compose finds the stack, as it does for any compose command, and sees that it can.
reach() {
    local found
    [ -n "${COMPOSE_FILE-}" ] || cd "$docker"
    command -v docker >/dev/null || fail "Docker with its compose plugin must be installed, but there is no docker"
    found=$(docker version 2>&1 >/dev/null) || fail "a Docker engine must run, but: ${found##*$'\n'}"
    found=$(docker compose config --quiet 2>&1) || fail "${found##*$'\n'}"
}

# ids SERVICE [STATUS...]: the service's containers, without those of `compose run`.
ids() {
    local service=$1 status id
    shift
    for id in $(compose ps --all --quiet "$service"); do
        status=$(docker inspect --format \
            '{{index .Config.Labels "com.docker.compose.oneoff"}} {{.State.Status}}' "$id")
        [ $# = 0 ] && [[ $status = False\ * ]] && echo "$id"
        for wanted in "$@"; do [ "$status" = "False $wanted" ] && echo "$id"; done
    done
    return 0
}

# in_postgres PROGRAM...: runs it in the database's container, which knows the password.
in_postgres() {
    # shellcheck disable=SC2016,SC2154  # the container's variables, and the script's
    docker exec --interactive "$postgres" sh -c 'exec env PGUSER=postgres PGPASSWORD="$POSTGRES_PASSWORD" \
        PGOPTIONS="--client-min-messages=warning" "$@"' - "$@"
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

# answer CONTAINERS: waits until they do. Those that end again and again are not waited for.
answer() {
    local id state restarts
    for id in "$@"; do
        for _ in $(seq 600); do
            read -r state restarts < <(docker inspect --format '{{.State.Health.Status}} {{.RestartCount}}' "$id")
            [ "$state" != healthy ] || continue 2
            [ "$restarts" -lt 2 ] || return 1
            sleep 1
        done
        return 1
    done
}

# start CONTAINERS: starts them again, and waits until they answer.
start() { unbroken docker start "$@" && answer "$@"; }
