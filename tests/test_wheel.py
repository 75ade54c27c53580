"""A wheel built from the repository contains the configuration and works outside the repository."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ganlab

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_wheel_works_outside_the_repository(tmp_path):
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
    demos = ROOT / "ganlab" / "demos"
    assert {str(path.relative_to(ROOT)) for path in demos.rglob("*") if path.is_file()} <= {*names}
    template = ROOT / "ganlab" / "commands" / "new_package"
    files = {str(path.relative_to(ROOT)) for path in template.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert files <= {*names}
    assert wheel.name.startswith(f"ganlab-{ganlab.__version__}-")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = "import sys; from ganlab.commands.cli import main; sys.argv = ['ganlab', *sys.argv[1:]]; sys.exit(main())"
    words = ["train", "trainer=smoke", "data.resolution=8", "generator=mlp", "discriminator=mlp", "run_dir=run"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-c", command, *words], cwd=elsewhere, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (elsewhere / "run" / "generator.safetensors").exists()
