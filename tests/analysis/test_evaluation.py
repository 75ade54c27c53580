"""`ganlab evaluate` of runs and of files, up to the score file."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_runs import DIGITS, POINTS, QUIET, assert_same, command, go, state

from ganlab.analysis.evaluation import evaluate
from ganlab.callbacks.evaluate import describe_samples
from ganlab.commands.evaluate import main
from ganlab.config import compose, instantiate
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import UserError
from ganlab.data import Digits
from ganlab.training.build import build_data, build_module

SMALL = ["protocol.samples=120", "protocol.batch_size=50"]
SCORES = "metric=[fid,inception_score,authenticity]"


def evaluated(*overrides: str) -> dict:
    return dict(evaluate(compose(overrides, command=EVALUATE)).content)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("run")
    lines = [line for line in DIGITS if not line.startswith(("metric", "evaluate_every"))]
    go(directory, *lines, "metric=[fid]", "evaluate_every=2", *SMALL)
    return directory


def test_a_run_is_scored_on_the_test_split_which_no_selection_used(run: Path) -> None:
    content = evaluated(f"run={run}", SCORES, *SMALL)
    selection = json.loads((run / "scores.json").read_text())["protocol"]
    assert (content["protocol"]["split"], selection["split"]) == ("test", "validation")
    assert content["protocol"]["seed"] != selection["seed"]
    assert (content["protocol"]["real_samples"], selection["real_samples"]) == (180, 180)
    assert content["step"] == 6
    assert content["protocol"]["weights"] == "ema"
    assert len(content["repeats"]) == 3
    low, high = content["intervals"]["fid"]
    assert low < content["scores"]["fid"] < high
    assert content["higher_is_better"]["inception_score"] is True
    assert evaluated(f"run={run}", SCORES, *SMALL)["scores"] == content["scores"]


def test_settings_choose_the_checkpoint_and_the_weights(run: Path) -> None:
    best = json.loads((run / "checkpoints" / "best.json").read_text())
    content = evaluated(f"run={run}", "checkpoint=best", "weights=live", SCORES, "protocol.repeats=1", *SMALL)
    assert content["step"] == best["step"]
    assert content["protocol"]["weights"] == "live"
    assert content["intervals"] == {}
    assert content["protocol"]["checkpoint"] == "best"
    path = run / "checkpoints" / "last.ckpt"
    assert evaluated(f"run={run}", f"checkpoint={path}", SCORES, *SMALL)["step"] == 6


def test_a_score_does_not_depend_on_other_metrics(run: Path) -> None:
    alone, more = (evaluated(f"run={run}", f"metric={metrics}", *SMALL) for metrics in ("[fid]", "[fid,kid,prdc]"))
    assert alone["scores"]["fid"] == more["scores"]["fid"]


def test_features_default_to_those_of_training(tmp_path: Path) -> None:
    quick = ["protocol.repeats=1", *SMALL]
    lines = [line for line in DIGITS if not line.startswith(("metric", "evaluate_every", "features"))]
    go(tmp_path, *lines, "metric=[fid]", "features=random", "features.seed=3", *quick)
    trained = json.loads((tmp_path / "scores.json").read_text())["protocol"]["features"]
    assert trained["name"] == "random"
    assert "seed 3" in trained["weights"]
    assert evaluated(f"run={tmp_path}", *quick)["protocol"]["features"] == trained
    assert evaluated(f"run={tmp_path}", "features=auto", *quick)["protocol"]["features"]["name"] == "classifier"


def test_metrics_of_training_are_included(tmp_path: Path) -> None:
    quick = ["protocol.repeats=1", "protocol.samples=120", "protocol.batch_size=50"]
    lines = [line for line in POINTS if not line.startswith("metric")]
    go(tmp_path, *lines, "metric=[modes,kid]", "metric.kid.subsets=3", *quick)
    with_training = evaluated(f"run={tmp_path}", "metric=[prdc]", *quick)
    assert {"modes", "high_quality", "kid", "precision"} <= set(with_training["scores"])
    assert with_training["protocol"]["metrics"]["kid"]["subsets"] == 3
    alone = evaluated(f"run={tmp_path}", "metric=[prdc]", "training_metrics=false", *quick)
    assert "modes" not in alone["scores"]
    assert alone["scores"]["precision"] == with_training["scores"]["precision"]


@pytest.mark.slow
def test_evaluation_does_not_change_training(tmp_path: Path) -> None:
    metrics = "[fid,kid,prdc,modes,authenticity,discriminator_gap,duality_gap,path_length]"
    small = ["metric.duality_gap.steps=2", "metric.duality_gap.samples=20", "metric.path_length.paths=4"]
    lines = [line for line in POINTS if not line.startswith(("metric", "evaluate_every"))]
    go(tmp_path / "never", *POINTS)
    go(tmp_path / "often", *lines, f"metric={metrics}", *small, "evaluate_every=2", "callback.best.score=none", *SMALL)
    first, second = (
        {key: value for key, value in state(tmp_path / name).items() if "Best" not in key}
        for name in ("never", "often")
    )
    assert_same(first, second)


def images(folder: Path, rows: slice) -> Path:
    folder.mkdir()
    for number, image in enumerate(Digits(resolution=16).images.take(torch.arange(1797)[rows])):
        Image.fromarray(image[0].numpy()).save(folder / f"{number:04}.png")
    return folder


def test_two_folders_are_scored_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real, fake = images(tmp_path / "real", slice(0, 60)), images(tmp_path / "fake", slice(60, 110))
    words = [f"real={real}", f"fake={fake}", "features=random", "metric=[fid,kid,prdc,authenticity]"]
    assert main([*words, f"output={tmp_path}/scores.json"]) == 0
    content = json.loads((tmp_path / "scores.json").read_text())
    assert {"fid", "kid", "precision", "coverage", "authenticity"} <= content["scores"].keys()
    assert (content["protocol"]["samples"], content["protocol"]["real_samples"]) == (50, 60)
    assert {"fid", "kid"} <= content["intervals"].keys()
    assert (tmp_path / "scores_neighbours.png").is_file()
    printed = capsys.readouterr()
    assert "fid" in printed.out
    clause = "without train=FOLDER there is no floor"
    assert printed.err.startswith(f"against 60 real samples; {clause}, the scores of real samples; intervals cover")
    assert main([*words[:3], "metric=[fid]", f"train={real}", f"output={tmp_path}/more.json"]) == 0
    printed = capsys.readouterr()
    assert " real " in printed.out
    assert printed.err.startswith("against 60 real samples; intervals cover")
    stacked = np.stack([np.asarray(Image.open(path)) for path in sorted(fake.iterdir())])
    np.savez(tmp_path / "fake.npz", stacked[..., None])
    streamed = evaluated(f"real={real}", f"fake={tmp_path}/fake.npz", *words[2:], "protocol.resamples=0")
    assert streamed["scores"] == pytest.approx(content["scores"], rel=1e-9)
    assert "fid" not in streamed["intervals"]


def test_metrics_of_the_model_are_left_out_for_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folders = [f"{name}={images(tmp_path / name, slice(0, 20))}" for name in ("real", "fake")]
    words = [*folders, "features=random", "protocol.resamples=0"]
    reason = "metric=path_length needs the model, not only its samples; give run=DIR, or remove path_length from metric"
    assert evaluated(*words, "metric=[fid,path_length]")["scores"].keys() == {"fid"}
    assert caplog.messages == [f"left out: {reason}"]
    with pytest.raises(UserError, match=f"^{reason}$"):
        evaluated(*words, "metric=[path_length]")


def test_an_unwritable_run_directory_is_reported_before_scoring(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(UserError, match=r"evaluations/standard\.json cannot be written \(Permission denied\); choose"):
        main([f"run={run}", *SMALL])
    monkeypatch.undo()
    with pytest.raises(UserError, match="has no config"):
        main([f"run={tmp_path / 'none'}", *SMALL])
    assert not (tmp_path / "none").exists()


def test_images_of_different_sizes_are_an_error_for_identity_features(tmp_path: Path) -> None:
    folders = [f"{name}={images(tmp_path / name, slice(0, 9))}" for name in ("real", "fake")]
    for path in (tmp_path / "fake").iterdir():
        Image.open(path).resize((12, 12)).save(path)
    with pytest.raises(UserError, match=r"generated samples have \d+ identity features per sample, but \d+ are expec"):
        evaluated(*folders, "features=identity", "metric=[fid]", "protocol.resamples=0")


def test_data_root_is_the_new_path_of_a_moved_folder(tmp_path: Path) -> None:
    lines = [line for line in DIGITS if not line.startswith("metric")]
    folder = images(tmp_path / "here", slice(0, 40))
    words = ["data=image_folder", f"data.path={folder}", "data.resolution=8", "data.channels=1", "features=random"]
    go(tmp_path / "run", *lines, *words, "metric=[fid]", *SMALL)
    before = evaluated(f"run={tmp_path}/run", "metric=[fid]", *SMALL)["scores"]
    folder.rename(tmp_path / "there")
    moved = [f"data_root={tmp_path}/there", "metric=[fid]", *SMALL]
    assert evaluated(f"run={tmp_path}/run", *moved)["scores"] == before
    go(tmp_path / "run", *lines, *words, f"data.path={tmp_path}/there", "metric=[fid]", *SMALL, "iterations=8")
    next((tmp_path / "there").iterdir()).unlink()
    with pytest.raises(UserError, match="has changed since the run was trained"):
        evaluated(f"run={tmp_path}/run", *moved)
    go(tmp_path / "points", *POINTS)
    with pytest.raises(UserError, match="is not read from files; remove data_root"):
        evaluated(f"run={tmp_path}/points", *moved)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("side", ["real", "fake"])
def test_a_value_that_is_not_finite_is_reported_with_file_and_row(tmp_path: Path, side: str, value: float) -> None:
    points = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    np.save(tmp_path / "whole.npy", points)
    points[[70, 71], 1] = value
    np.save(tmp_path / "broken.npy", points)
    files = {name: tmp_path / f"{'broken' if name == side else 'whole'}.npy" for name in ("real", "fake")}
    with pytest.raises(UserError, match=rf"row 70 of {tmp_path}/broken\.npy holds NaN or infinite values"):
        evaluated(*(f"{name}={path}" for name, path in files.items()), "metric=[sliced_wasserstein]", "protocol=fast")


@pytest.mark.parametrize("override", ["data.path=X", "data=digits", "+data.resolution=8", "~data"])
def test_a_run_is_scored_on_its_own_data(override: str) -> None:
    for source in ("run=nowhere", "real=A"):
        with pytest.raises(UserError) as caught:
            main([source, override])
        assert str(caught.value) == (
            f"'{override}' is a setting of training, and a run is scored on its own data; to score its samples against "
            "others, run `ganlab sample run=DIR`, then `ganlab evaluate real=PATH fake=DIR/generated`"
        )


def test_points_in_arrays_are_scored(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(80, 2))
    np.save(tmp_path / "a.npy", numbers)
    np.save(tmp_path / "b.npy", numbers + 3)
    scores = evaluated(f"real={tmp_path}/a.npy", f"fake={tmp_path}/b.npy", "metric=[fid,wasserstein]")["scores"]
    assert scores["fid"] == pytest.approx(18, rel=1e-4)


ERRORS = {
    "": "give run=DIR, or real=PATH and fake=PATH, got nothing",
    "run=nowhere": "run=nowhere has no config.yaml",
    "real=a.npy": "give run=DIR, or real=PATH and fake=PATH, got real=a.npy",
    "real=nowhere fake=nowhere": "nowhere does not exist; give a folder",
    "run=RUN checkpoint=first": "checkpoint=first does not exist; choose best or last, or give a file",
    "run=RUN train=a.npy": "train=a.npy applies only to finished samples (real=PATH fake=PATH); remove it",
    "real=a.npy fake=b.npy checkpoint=best": "checkpoint=best applies only to a run (run=DIR); remove it",
    "run=RUN device=abacus": "device=abacus cannot be used",
    "run=RUN metric=[modes] training_metrics=false": "metric=modes needs data with known modes",
    "run=RUN metric=[] training_metrics=false": "computes no score",
    "run=RUN features=inception features.weights=nowhere.pth": "nowhere.pth",
    "run=RUN features.steps=3": "features: expected a component, got {'steps': 3}; write features=NAME",
}


@pytest.mark.parametrize("words", ERRORS)
def test_user_errors_are_one_sentence(words: str, run: Path) -> None:
    with pytest.raises(UserError, match=re.escape(ERRORS[words])):
        evaluated(*words.replace("RUN", str(run)).split(), *SMALL)


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "\0"])
def test_a_damaged_configuration_is_reported_in_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml cannot be read \(.+\); restore it from the machine where"):
        evaluated(f"run={tmp_path}")
    (tmp_path / "config.yaml").write_text("seed: 0\ngame: {}\n")
    with pytest.raises(UserError, match=r"config\.yaml has no data, optimizer, .*; restore it"):
        evaluated(f"run={tmp_path}")


@pytest.mark.slow
def test_the_command_line_has_exit_codes_and_help(run: Path, tmp_path: Path) -> None:
    wrong = command("evaluate", "run=nowhere", "featuers=auto", "metric=fidd", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "did you mean 'features'" in wrong.stderr
    assert "did you mean 'fid'" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    done = command("evaluate", f"run={run}", "metric=[fid]", *SMALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (run / "evaluations" / "standard.json").is_file()
    assert "real: null" in command("evaluate", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize(("truncation", "expected"), [(1.0, {}), (0.5, {"style_truncation": 0.5})])
def test_the_protocol_includes_settings_that_a_network_reports(truncation, expected):
    config = compose(
        [*QUIET, "data.resolution=8", "generator=stylegan2", "generator.width=4", "generator.style_size=8",
         "discriminator=mlp", f"generator.truncation={truncation}"]
    )  # fmt: skip
    data = build_data(config)
    module = build_module(config, data)
    facts = describe_samples(module, module.ema.network, data, instantiate(config.protocol))
    assert facts["truncation"] is None
    assert {name: value for name, value in facts.items() if name.startswith("style")} == expected
