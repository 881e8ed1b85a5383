"""A copy of the decoding folder works where tracker is not installed, as beside exported networks."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tracker.data import decoding

FOLDER = Path(decoding.__file__).parent
# With -S there are no installed packages; those that decoding needs are put on the path by hand.
ALONE = """
import sys
sys.path += [sys.argv[1], *sys.argv[3:]]
from pathlib import Path
from decoding import decode
assert not [name for name in sys.modules if name.startswith("tracker")]
print(decode(Path(sys.argv[2]), image_size=4, resize="stretch").tolist())
"""


def test_a_copy_of_the_folder_decodes_as_the_package_does(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "decoding")
    image = tmp_path / "image.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(image)
    packages = [path for path in sys.path if path.endswith("site-packages")]
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, str(tmp_path), str(image), *packages],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    expected = decoding.decode(image, image_size=4, resize="stretch")
    assert answer.stdout.strip() == str(expected.tolist())


def test_its_files_import_each_other_relatively_and_nothing_else_of_tracker() -> None:
    imported = {
        node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        for file in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.level == 0)
    }
    foreign = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert foreign == {"numpy", "PIL", "pydicom"}
