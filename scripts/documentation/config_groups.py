"""The config groups in the order of the reference, each with what its page states besides its choices."""

from typing import NamedTuple


class Group(NamedTuple):
    """A config group as its page presents it."""

    path: str
    title: str
    summary: str
    command: str  # how one choice is selected; NAME is the choice
    guides: tuple[tuple[str, str], ...] = ()  # (title, page below docs/)
    notes: str = ""

    @property
    def page(self) -> str:
        """The file name of the page."""
        return f"{self.path.rpartition('/')[2]}.md"


LIST = "Several can be active: `'{0}=[A,B]'` replaces the list, `'+{0}=[C]'` appends to it, `'{0}=[]'` empties it."
SEARCH = (("Sweeps", "sweeps.md"),)
THEORY = ("Dirac-GAN report", "reports/dirac.md")
RESULTS = ("Measured results", "reports/results.md")
EVALUATE = ("Evaluation", "evaluation.md")
GROUPS = (
    Group("data", "Data sets", "The samples to learn from.", "ganlab train data=NAME",
          (("How to add a data set", "howto/data.md"),),
          "With labels (`data.labels=true`) the GAN is conditional; [conditioning](conditioning.md) selects how the "
          "labels enter."),
    Group("corruption", "Corruptions", "What is done to the images of `data=corrupted`, for a generator to undo.",
          "ganlab train data=corrupted corruption=NAME", (("Images from images", "translation.md"),)),
    Group("generator", "Generators", "The network that maps latents to samples.", "ganlab train generator=NAME",
          (("How to add a network", "howto/network.md"), RESULTS, ("Speed", "speed.md"))),
    Group("discriminator", "Discriminators", "The network that scores samples as real or fake.",
          "ganlab train discriminator=NAME",
          (("How to add a network", "howto/network.md"), RESULTS, ("Speed", "speed.md"))),
    Group("latent", "Latent distributions", "The random vectors that the generator starts from.",
          "ganlab train latent=NAME"),
    Group("loss", "Losses", "The adversarial objective of both players.", "ganlab train loss=NAME",
          (("How to add a loss", "howto/loss.md"), RESULTS, THEORY),
          "D(x) is the discriminator's output for a real sample, D(G(z)) for a generated one. The formulas are what "
          "each player minimises, averaged over the batch."),
    Group("regularizer", "Regularizers", "Penalties, noise and constraints that stabilise training.",
          "ganlab train 'regularizer=[NAME]'", (("How to add a regularizer", "howto/regularizer.md"), THEORY),
          LIST.format("regularizer")),
    Group("game", "Games", "The players and what each of them minimises.", "ganlab train game=NAME"),
    Group("conditioning", "Conditioning", "How class labels enter both networks.",
          "ganlab train data.labels=true conditioning=NAME", (("Configuration", "configuration.md"),),
          "It has an effect only if the data has labels, as with `data.labels=true`."),
    Group("augment", "Augmentations", "Random changes of all samples before the discriminator sees them.",
          "ganlab train augment=NAME", (RESULTS,)),
    Group("schedule", "Update schedules", "Which players are updated at a step, and in which order.",
          "ganlab train schedule=NAME", (THEORY,)),
    Group("optimizer", "Optimizers", "The optimizer of each player.", "ganlab train optimizer=NAME", (THEORY,),
          "Each player has its own settings: `optimizer.generator.lr` and `optimizer.discriminator.lr`."),
    Group("lr_schedule", "Learning-rate schedules", "A factor on all learning rates over the course of training.",
          "ganlab train lr_schedule=NAME"),
    Group("ema", "EMA", "The generator weights that are sampled, scored and exported.", "ganlab train ema=NAME"),
    Group("metric", "Metrics", "The scores of a run.", "ganlab train 'metric=[NAME]'",
          (EVALUATE, ("How to add a metric", "howto/metric.md")),
          LIST.format("metric") + " `ganlab evaluate` takes the same settings."),
    Group("features", "Feature spaces", "The space in which metrics compare samples.", "ganlab train features=NAME",
          (EVALUATE,), "`ganlab evaluate` takes the same settings."),
    Group("protocol", "Protocols", "How many samples, which splits and which seeds a score uses.",
          "ganlab evaluate run=DIR protocol=NAME", (EVALUATE,), "`ganlab train` takes the same settings."),
    Group("training_hook", "Training hooks", "Callbacks that change what is trained.",
          "ganlab train 'training_hook=[NAME]'", (("How to add a callback", "howto/callback.md"),),
          LIST.format("training_hook") + " A run can be resumed with other callbacks, but not with other hooks."),
    Group("callback", "Callbacks", "Observers of training: logging, sample sheets, scores, checkpoints, alarms.",
          "ganlab train 'callback=[NAME]'", (("How to add a callback", "howto/callback.md"),),
          LIST.format("callback") + " A list without the default callbacks saves, draws and scores nothing."),
    Group("recovery", "Recovery", "What happens after an alarm of `nan_monitor` or `collapse_monitor`.",
          "ganlab train recovery=NAME", (("Troubleshooting", "troubleshooting.md"),)),
    Group("logger", "Loggers", "Where losses, scores and sample sheets are logged.", "ganlab train 'logger=[csv,NAME]'",
          (("W&B", "wandb.md"),), LIST.format("logger")),
    Group("trainer", "Trainers", "The device, precision and number of processes.", "ganlab train trainer=NAME",
          (("Clusters", "cluster.md"), ("Speed", "speed.md")),
          "Every argument of Lightning's `Trainer` can be set, such as `trainer.num_nodes=2`."),
    Group("hydra/launcher", "Launchers", "Where the jobs of a sweep run (with `-m`).",
          "ganlab train -m hydra/launcher=NAME seed=0,1,2", (*SEARCH, ("Clusters", "cluster.md"))),
    Group("hydra/sweeper", "Sweepers", "Which points a sweep trains (with `-m`).",
          "ganlab train -m hydra/sweeper=NAME 'latent.size=range(16,129,16)'", SEARCH,
          "Without one of these, a sweep trains all combinations of the values on the command line."),
    Group("hydra/sweeper/sampler", "Samplers", "How the `optuna` sweeper chooses the next point.",
          "ganlab train -m hydra/sweeper=optuna hydra/sweeper/sampler=NAME 'latent.size=range(16,129,16)'", SEARCH),
    Group("hydra/sweeper/pruner", "Pruners", "When the `optuna` sweeper stops a job before its end.",
          "ganlab train -m hydra/sweeper=optuna hydra/sweeper/pruner=NAME 'latent.size=range(16,129,16)'", SEARCH),
)  # fmt: skip
EXPERIMENT = "experiment"  # has a page of another form: experiment_page
