"""Makes an environment for Lightning and one for fastai, over the torch and MLflow of this one.

    python -m benchmarks.peers.install FOLDER

Each has some 30 MB of its own, and sees the packages of the environment that this runs in. So all sides
compute with the same torch, and nobody pays for importing another's packages (MLflow imports Lightning where
it finds it). `lightning.txt` and `fastai.txt` have the versions that were tried.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PEERS = ("lightning", "fastai")


def install(name: str, folder: Path) -> None:
    """Make one peer's environment."""
    venv.create(folder / name, with_pip=False)
    python = folder / name / "bin" / "python"
    place = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    (Path(place.strip()) / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "-r", str(Path(__file__).with_name(f"{name}.txt"))], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    for name in PEERS:
        install(name, folder)


if __name__ == "__main__":
    main()
