"""The benchmarks run and report all numbers; the times themselves depend on the machine."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def run(program, *arguments):
    return subprocess.run([sys.executable, str(PROGRAMS / program), *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_reports_every_side_of_a_case(tmp_path):
    file = tmp_path / "result.json"
    done = run(
        "step.py",
        "--cases",
        "mlp",
        "--blocks",
        "2",
        "--steps",
        "3",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--json",
        file,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["device"] == "cpu"
    assert result["precision"] == "32-true"
    assert result["help_seconds"] > 0
    sides = result["cases"]["mlp"]
    assert list(sides) == ["loop", "ganlab", "ema", "lean"]
    for numbers in sides.values():
        least, middle, most = numbers["paired"]
        assert 0 < least <= middle <= most
        assert numbers["threads"] == 1
        assert all(
            numbers[name] > 0
            for name in ("ms_per_step", "ratio", "cpu_ratio", "peak_mib", "memory_ratio", "first_step_seconds")
        )
    assert sides["loop"]["ratio"] == sides["loop"]["memory_ratio"] == 1
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.startswith("mlp")] == [
        ["mlp", side] for side in sides
    ]


@pytest.mark.parametrize(
    ("program", "option", "minimum"),
    [
        ("step", "--blocks", 1),
        ("step", "--steps", 1),
        ("step", "--threads", 1),
        ("fid", "--images", 2),
        ("fid", "--turns", 1),
        ("zoo", "--batch", 2),
        ("zoo", "--repeats", 1),
        ("zoo", "--resolution", 8),
        ("mimicry", "--blocks", 1),
        ("mimicry", "--batch-size", 2),
    ],
)
def test_a_number_that_is_too_small_is_rejected(program, option, minimum, monkeypatch, capsys):
    monkeypatch.syspath_prepend(PROGRAMS)
    with pytest.raises(SystemExit) as error:
        import_module(program).main([option, "0"])
    assert error.value.code == 2
    assert f"{option} must be at least {minimum}, got 0" in capsys.readouterr().err


@pytest.mark.slow
def test_the_zoo_reports_every_requested_architecture(tmp_path):
    file = tmp_path / "zoo.json"
    done = run(
        "zoo.py", "--architectures", "mlp_128", "rnn", "--modes", "float32", "bf16", "--batch", "2", "--repeats", "1",
        "--device", "cpu", "--resolution", "8", "--json", file,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(file.read_text())["rows"]
    assert list(rows["mlp_128"]) == ["float32", "bf16"]
    dense = (128 + 128) * 128 + 128 * 192, 192 * 128 + 128 * 128 + 128  # products per sample: generator, discriminator
    for numbers in rows["mlp_128"].values():
        assert numbers["parameters"] == sum(dense) + 2 * 128 + 192 + 2 * 128 + 1
        assert all(numbers[name] > 0 for name in ("mib", "ms_per_step", "images_per_second"))
    generator, discriminator = dense
    # Two discriminator passes with the gradients of all weights and of all inputs except the images, and the update of
    # the generator.
    trained = 2 * (3 * discriminator - 192 * 128) + 2 * discriminator + 3 * generator - 128 * 128
    assert rows["mlp_128"]["float32"]["gflops"] == pytest.approx(2 * 2 * trained / 1e9)
    assert "needs sequences" in rows["rnn"]["float32"]["reason"]
    assert "rnn" in done.stdout


@pytest.mark.slow
def test_mimicry_reports_the_requested_sides(tmp_path):
    file = tmp_path / "mimicry.json"
    done = run(
        "mimicry.py", "--sides", "ganlab", "--batch-size", "2", "--blocks", "1", "--threads", "1", "--device", "cpu",
        "--json", file,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sides = json.loads(file.read_text())["sides"]
    assert list(sides) == ["published", "ganlab"]
    assert all(numbers["images_per_second"] > 0 and numbers["threads"] == 1 for numbers in sides.values())
    assert sides["published"]["times"] == 1
