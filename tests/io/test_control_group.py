"""The limits of a container or a job of a cluster, in both versions of control groups, wherever they are."""

from __future__ import annotations

from pathlib import Path

from tracker.io.control_group import cpu_limit, memory_left


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        # A dot cannot be part of a keyword.
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def member(root: Path, *lines: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "membership").write_text("\n".join(lines) + "\n")
    return root / "membership"


def limited(root: Path, limit: str) -> None:
    stat = "anon 1\nfile 2000000000\ninactive_file 1000000000"
    write(root, memory__current="3000000000", memory__stat=stat, memory__max=limit)


def test_a_machine_without_limits_has_none(tmp_path: Path) -> None:
    assert (cpu_limit(tmp_path, tmp_path / "no"), memory_left(tmp_path, tmp_path / "no")) == (None, None)
    membership = member(tmp_path, "0::/")
    assert (cpu_limit(tmp_path, membership), memory_left(tmp_path, membership)) == (None, None)
    member(tmp_path, "what is this?")
    assert (cpu_limit(tmp_path, membership), memory_left(tmp_path, membership)) == (None, None)
    member(tmp_path, "0::/")
    write(tmp_path, cpu__max="max 100000")
    limited(tmp_path, "max")
    assert (cpu_limit(tmp_path, membership), memory_left(tmp_path, membership)) == (None, None)


def test_a_container_has_its_limit_less_what_it_cannot_give_up(tmp_path: Path) -> None:
    write(tmp_path, cpu__max="150000 100000")
    limited(tmp_path, "4000000000")
    membership = member(tmp_path, "0::/")
    assert cpu_limit(tmp_path, membership) == 2, "one core and a half keep two threads busy"
    assert memory_left(tmp_path, membership) == 2_000_000_000


def test_less_than_a_core_is_one(tmp_path: Path) -> None:
    write(tmp_path, cpu__max="10000 100000")
    assert cpu_limit(tmp_path, member(tmp_path, "0::/")) == 1


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    write(tmp_path / "slurm", cpu__max="200000 100000")
    limited(tmp_path / "slurm", "5000000000")
    write(tmp_path / "slurm/job", cpu__max="800000 100000")
    limited(tmp_path / "slurm/job", "4000000000")
    write(tmp_path / "slurm/job/step", cpu__max="max 100000")
    membership = member(tmp_path, "0::/slurm/job/step")
    assert cpu_limit(tmp_path, membership) == 2
    assert memory_left(tmp_path, membership) == 2_000_000_000
    assert cpu_limit(tmp_path, member(tmp_path, "0::/another")) is None
    assert cpu_limit(tmp_path, member(tmp_path, "0::/../slurm")) is None, "not this container's"


def test_version_1_has_a_folder_a_controller(tmp_path: Path) -> None:
    write(tmp_path / "cpu", cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    write(
        tmp_path / "memory",
        memory__limit_in_bytes="4000000000",
        memory__usage_in_bytes="3000000000",
        memory__stat="inactive_file 5\ntotal_inactive_file 1000000000",
    )
    # Inside a container, the paths are those of the host.
    lines = ["4:memory:/docker/0a1b", "3:cpuset:/docker/0a1b", "1:cpuacct,cpu:/docker/0a1b", "0::/"]
    membership = member(tmp_path, *lines)
    assert cpu_limit(tmp_path, membership) == 3
    assert memory_left(tmp_path, membership) == 2_000_000_000
    write(tmp_path / "cpu", cpu__cfs_quota_us="-1")
    assert cpu_limit(tmp_path, membership) is None
