"""A wheel built from the repository carries its configuration and works away from it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_built_wheel_works_elsewhere(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("ganlab-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    shipped = {name.removeprefix("ganlab/conf/") for name in names if name.startswith("ganlab/conf/")}
    assert shipped == {str(path.relative_to(ROOT / "conf")) for path in (ROOT / "conf").rglob("*.yaml")}
    assert "ganlab/features/weights/digits.safetensors" in names

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = "import sys; from ganlab.commands.cli import main; sys.argv = ['ganlab', *sys.argv[1:]]; sys.exit(main())"
    words = ["train", "trainer=smoke", "data.resolution=8", "generator=mlp", "discriminator=mlp", "run_dir=run"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-c", command, *words], cwd=elsewhere, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (elsewhere / "run" / "generator.safetensors").exists()
