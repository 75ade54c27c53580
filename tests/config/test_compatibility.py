"""Components that cannot work together are rejected in one sentence each."""

import pytest
from support.config_issues import IMAGE_PAIRS, IMAGES, POINTS, issues_of

from ganlab.config import check, compose
from ganlab.core.errors import ConfigurationError

PAIRS = {
    "half precision under a penalty": (
        [*POINTS, "regularizer=[r1]", "trainer.precision=16-mixed"],
        "regularizer.r1 and trainer.precision=16-mixed: gradient norms overflow in 16-bit floats; "
        "use trainer.precision=bf16-mixed or 32-true",
    ),
    "weights in half precision": (
        [*POINTS, "trainer.precision=bf16-true"],
        "trainer.precision: bf16-true does not keep weights in float32; choose 32-true, bf16-mixed, 16-mixed",
    ),
    "compiled discriminator under a penalty": (
        [*POINTS, "regularizer=[gradient_penalty]", "compile=[discriminator,generator]"],
        "regularizer.gradient_penalty and compile: a compiled discriminator cannot be differentiated twice; "
        "remove one of them, or write 'compile=[generator]'",
    ),
    "batch norm under a penalty": (
        [*POINTS, "regularizer=[dragan]", "discriminator.norm=batch"],
        "regularizer.dragan and batch norm in the discriminator: a penalty per sample is undefined if samples "
        "share statistics; use discriminator.norm=layer, group or none",
    ),
    "a probability loss on logits": (
        [*POINTS, "loss=minimax_probability"],
        "loss: MinimaxProbability reads the discriminator's output as a probability; "
        "write discriminator.head=tanh_probability",
    ),
    "a logit loss on probabilities": (
        [*POINTS, "loss=non_saturating", "discriminator.head=tanh_probability"],
        "discriminator.head=tanh_probability and loss: NonSaturating reads logits, not probabilities; use "
        "loss=minimax_probability or loss=non_saturating_probability, or discriminator.head=logit",
    ),
    "loss scaling of simultaneous updates": (
        [*POINTS, "trainer.precision=16-mixed", "schedule=simultaneous", "regularizer=[]"],
        "trainer.precision=16-mixed and schedule: each player's update rescales the loss, but here both "
        "gradients are computed before; use trainer.precision=bf16-mixed or schedule=alternating",
    ),
    "images on points": (
        [*POINTS, "augment=diffaugment"],
        "augment: DiffAugment changes images, but the data has samples of shape (2,); use augment=none",
    ),
    "consistent images on points": (
        [*POINTS, "regularizer=[consistency]"],
        "regularizer.consistency: Consistency changes images, but the data has samples of shape (2,); remove it",
    ),
    "signs without a boundary": (
        [*IMAGES, "augment=ada", "loss=wasserstein"],
        "augment: ADA follows the sign of D's output on real samples, which is arbitrary under Wasserstein; "
        "use augment=scheduled, or a loss such as non_saturating",
    ),
    "projection without labels": (
        [*POINTS, "conditioning=projection"],
        "discriminator: labels=projection needs class labels, but the data is used without; write data.labels=true",
    ),
    "networks that cannot build the images of a folder, with unknown classes": (
        [
            "data=image_folder",
            "data.path=x",
            "data.labels=true",
            "data.resolution=17",
            "generator=resnet",
            "discriminator=mlp",
        ],
        "generator: ResNet halves images until their shorter side is 4 to 15 pixels, which 17x17 does not allow; "
        "resize the data to sides that are 4 to 15 times a power of two, such as 28, 32, 48 or 64",
    ),
    "batch norm under a penalty, with unknown classes": (
        ["data=image_folder", "data.path=x", "data.labels=true", "regularizer=[r1]", "discriminator.norm=batch"],
        "regularizer.r1 and batch norm in the discriminator: a penalty per sample is undefined if samples "
        "share statistics; use discriminator.norm=layer, group or none",
    ),
    "class norm without labels": (
        [*POINTS, "conditioning=class_norm", "generator.norm=batch"],
        "generator: labels=norm needs class labels, but the data is used without; write data.labels=true",
    ),
    "class norm without a norm": (
        [*POINTS, "conditioning=class_norm", "data.labels=true"],
        "generator: labels=norm needs batch or instance normalisation, but this network has neither; "
        "use norm=batch or norm=instance",
    ),
    "a classifier without labels": (
        [*POINTS, "conditioning=auxiliary"],
        "regularizer.auxiliary_classifier requires labels, but the data is used without; write data.labels=true",
    ),
    "prediction of a class that the discriminator receives": (
        [*POINTS, "data.labels=true", "regularizer=[auxiliary_classifier]"],
        "regularizer.auxiliary_classifier predicts the class, which a discriminator with labels=concat receives as "
        "input; use conditioning=auxiliary, or write discriminator.labels=none",
    ),
    "prediction of a class that one discriminator of an ensemble receives": (
        [
            "data=ring",
            "data.labels=true",
            "regularizer=[auxiliary_classifier]",
            "generator=mlp",
            "discriminator=ensemble",
        ],
        "regularizer.auxiliary_classifier predicts the class, which a discriminator with labels=concat receives as "
        "input; use conditioning=auxiliary, or write discriminator.labels=none",
    ),
    "class norm in a generator without normalisation": (
        ["generator=stylegan2", "data.labels=true", "conditioning=class_norm"],
        "generator: labels must be one of mapping, concat, none, got 'norm'",
    ),
    "a preset's projection without labels": (
        ["data.labels=false", "metric=[fid]", "discriminator=sagan", "conditioning=projection"],
        "discriminator: labels=projection needs class labels, but the data is used without; write data.labels=true",
    ),
    "conditioning that the network does not read": (
        [*POINTS, "data.labels=true", "conditioning.generator=norm"],
        "conditioning.generator=norm does not reach the generator, which has labels=concat; "
        "write generator.labels=norm",
    ),
    "codes without codes": (
        [*POINTS, "conditioning=infogan", "latent=normal"],
        "regularizer.information requires codes in the latents; write latent=codes",
    ),
    "features that are not returned": (
        [*POINTS, "discriminator._target_=support.small_runs.WithoutFeatures", "regularizer=[feature_matching]"],
        "regularizer.feature_matching requires the discriminator's features, which WithoutFeatures does not return; "
        "use a discriminator that does, such as mlp or dcgan",
    ),
    "compiled generator under consensus": (
        [*POINTS, "regularizer=[consensus]", "compile=[generator]"],
        "regularizer.consensus and compile: a compiled generator cannot be differentiated twice; remove one of them, "
        "or write 'compile=[]'",
    ),
    "styles in pairs": (
        [*IMAGES[:2], "game=bigan", "generator=stylegan2", "discriminator=stylegan2", "regularizer=[path_length]"],
        "game: regularizers act on pairs of a sample and its latents, which have no styles; remove path_length",
    ),
    "codes in pairs": (
        [*POINTS, "game=bigan", "conditioning=infogan", "latent.size=14"],
        "game: regularizers act on pairs of a sample and its latents, which already contain the codes; "
        "remove information",
    ),
    "features of a compiled discriminator": (
        [*POINTS, "regularizer=[feature_matching]", "compile=[discriminator]"],
        "regularizer.feature_matching and compile: a compiled discriminator does not return its features; remove one "
        "of them, or write 'compile=[generator]'",
    ),
    "path length without styles": (
        [*POINTS, "regularizer=[path_length]"],
        "regularizer.path_length requires a style generator, and MLP is not one; "
        "use a generator such as stylegan2, or remove it",
    ),
    "more packing than the batch": (
        [*POINTS, "batch_size=8", "game.packing=16"],
        "game.packing=16 is more than the discriminator receives at once, batch_size / microbatches = 8; "
        "lower packing or raise batch_size",
    ),
    "packing that leaves a rest": (
        [*POINTS, "batch_size=16", "microbatches=2", "game.packing=3"],
        "game.packing must divide batch_size / microbatches = 8, got 3",
    ),
    "more packing than a process has": (
        [*POINTS, "batch_size=4", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "game.packing=4"],
        "game.packing=4 is more than the discriminator receives at once, batch_size / microbatches / 2 processes = 2; "
        "lower packing or raise batch_size",
    ),
    "packing of nothing": ([*POINTS, "game.packing=0"], "game: packing must be at least 1, got 0"),
    "packs of single samples": (
        [*POINTS, "conditioning=infogan", "latent.size=14", "game.packing=2"],
        "game.packing=2 and regularizer.information: it works on single samples; use one of them",
    ),
    "augmentation of one of two images": (
        [*IMAGE_PAIRS, "augment=diffaugment"],
        "augment: DiffAugment changes samples but not their conditions, which the discriminator compares them with; "
        "write augment=none, or discriminator.labels=none",
    ),
    "augmentation of one of two images at several scales": (
        [*IMAGE_PAIRS, "augment=scheduled", "discriminator=multi_scale"],
        "augment: Scheduled changes samples but not their conditions, which the discriminator compares them with; "
        "write augment=none, or discriminator.labels=none",
    ),
    "consistency of one of two images": (
        [*IMAGE_PAIRS, "regularizer=[consistency]"],
        "regularizer.consistency: Consistency changes samples but not their conditions, which the discriminator "
        "compares them with; remove it, or write discriminator.labels=none",
    ),
    "packs that ignore the image condition": (
        [*IMAGE_PAIRS, "game.packing=2", "discriminator.labels=none"],
        "game.packing=2 joins each sample with its condition, so discriminator.labels must be concat, got none",
    ),
    "a generator of latents and an image condition": (
        [*IMAGE_PAIRS, "generator=mlp", "latent=normal"],
        "generator: this network takes class labels, but the data's condition has the shape (1, 16, 16); images from "
        "images are made by generator=unet_translator, resnet_translator, residual_unet, srresnet and rrdb",
    ),
    "a projection of an image condition": (
        [*IMAGE_PAIRS, "discriminator.labels=projection"],
        "discriminator: labels=projection needs class labels, but the data's condition is an image; write "
        "labels=concat to append it, or labels=none to leave it out",
    ),
    "images without a condition": (
        [*IMAGES[:2], "generator=unet_translator", "discriminator=dcgan"],
        "generator: UNetTranslator makes images from images, but the data's condition is none; use data of image "
        "pairs, such as data=edges or data=paired_folder, or a generator of another kind, such as generator=dcgan",
    ),
    "packs and projection": (
        [*POINTS, "data.labels=true", "conditioning=projection", "game.packing=2"],
        "game.packing=2 joins each sample with its condition, so discriminator.labels must be concat, got projection",
    ),
    "lazy terms that extragradient skips": (
        [*POINTS, "optimizer=extragradient", "regularizer=[r1]", "regularizer.r1.every=16"],
        "regularizer.r1.every=16 and optimizer.discriminator: every second step of ExtraAdam only extrapolates, "
        "and the term would act at those alone; use an odd every",
    ),
    "a game without regularizers": (
        [*POINTS, "game=vae", "regularizer=[r1]"],
        "game: VAE does not use regularizer.r1; write 'regularizer=[]'",
    ),
    "an unused loss": (
        [*POINTS, "game=vae", "loss=hinge"],
        "loss=hinge: VAE has its own losses; remove it, or use another game",
    ),
    "a gap of a discriminator of pairs": (
        [*POINTS, "game=bigan", "metric=[discriminator_gap]", "regularizer=[]"],
        "metric=discriminator_gap requires a discriminator of single samples, which BiGAN does not have; "
        "remove discriminator_gap from metric",
    ),
    "a duality gap without a discriminator": (
        [*POINTS, "game=vae", "metric=[duality_gap]", "regularizer=[]"],
        "metric=duality_gap requires an adversarial loss of a discriminator, which VAE does not have; "
        "remove duality_gap from metric",
    ),
    "a game without augmentation": (
        [*IMAGES, "game=bigan", "augment=scheduled"],
        "game: BiGAN does not use Scheduled; write augment=none",
    ),
    "roll back and processes": (
        [*POINTS, "recovery=roll_back", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"],
        "recovery: RollBack requires a single process, got 2; choose recovery=stop",
    ),
    "microbatches": (
        [*POINTS, "batch_size=64", "microbatches=3"],
        "microbatches must divide batch_size=64, got 3",
    ),
    "batches beyond memory": (
        [*POINTS, "batch_size=9999999999999"],
        "batch_size=9999999999999: the samples of shape (2,) take 74,506 GiB in one process, and this machine has "
        "2 GiB of memory; lower it",
    ),
    "weights beyond memory": (
        [*POINTS, "generator.widths=[9999999999]"],
        "generator: its 69,999,999,995 parameters take 261 GiB, and this machine has 2 GiB of memory; make it smaller",
    ),
}


@pytest.mark.parametrize(("overrides", "sentence"), PAIRS.values(), ids=PAIRS)
def test_incompatible_components_are_rejected(overrides, sentence, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1 << 12, "SC_PHYS_PAGES": 1 << 19}.__getitem__)
    assert issues_of(*overrides) == [sentence]


@pytest.mark.parametrize(
    ("name", "kind"), [("dcgan", "DCGAN"), ("resnet", "ResNet"), ("rnn", "RNN")], ids=["dcgan", "resnet", "rnn"]
)
def test_networks_for_another_rank_of_samples_are_rejected(name, kind):
    issues = issues_of("data=ring", f"generator={name}", f"discriminator={name}")
    assert [sentence.split(":")[0] for sentence in issues] == ["generator", "discriminator"]
    assert all(kind in sentence and "(2,)" in sentence for sentence in issues), issues


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
def test_compatible_settings_are_accepted(precision):
    lines = [*POINTS, "regularizer=[r1]", f"trainer.precision={precision}", "compile=[generator]"]
    assert compose(lines).compile == ["generator"]
    compose([*POINTS, "regularizer=[weight_clip]", "trainer.precision=16-mixed", "discriminator.norm=batch"])


@pytest.mark.parametrize(
    "lines",
    [
        ["discriminator.labels=none", "augment=diffaugment", "regularizer=[consistency]"],
        ["discriminator=multi_scale", "discriminator.critic.labels=none", "augment=ada"],
        ["game.packing=2"],
        ["latent=map"],
        ["latent=normal", "trainer.precision=bf16-mixed", "compile=[generator]"],
        ["data._target_=support.translated_digits.HalvedDigits", "generator=srresnet", "generator.width=4"],
    ],
)
def test_compatible_settings_for_image_pairs_are_accepted(lines, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    compose([*IMAGE_PAIRS, *lines])


def test_a_conditional_loss_without_labels_is_rejected(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    line = "loss._target_=support.small_runs.Conditional"
    assert issues_of(*POINTS, line, "~loss.smoothing") == [
        "loss requires labels, but the data is used without; write data.labels=true"
    ]
    compose([*POINTS, line, "~loss.smoothing", "data.labels=true"])


@pytest.mark.parametrize(("module", "line"), [("without_player", ""), ("unknown_player", "player = 'critic'")])
def test_a_custom_regularizer_of_an_unknown_player_is_rejected(module, line, tmp_path, monkeypatch):
    body = f"{line}\n    def penalty(self, view): return view.on_real.logits"
    (tmp_path / f"{module}.py").write_text(
        f"from ganlab.core.interfaces import Regularizer\n\nclass Own(Regularizer):\n    {body}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", module)
    config = compose(POINTS)
    config.regularizer = {"own": {"_target_": f"{module}.Own", "weight": 1.0}}
    sentence = r"regularizer\.own: Own\.player must be discriminator or generator, got "
    with pytest.raises(ConfigurationError, match=sentence):
        check(config)


@pytest.mark.parametrize("game", ["cyclegan", "cut"])
def test_samples_may_be_augmented_if_no_discriminator_receives_the_condition(game, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    lines = [*IMAGE_PAIRS, f"game={game}", "generator=resnet_translator", "regularizer=[]"]
    assert compose([*lines, "augment=diffaugment"]).augment._target_.endswith("DiffAugment")
