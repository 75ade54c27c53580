"""Names of earlier versions: old run directories, command lines and packages keep working for one release.

`MODULES`, `ATTRIBUTES`, `GROUPS` and `CHOICES` map old names to new ones. Saved configurations are translated silently
by `current_config`, command lines by `current_override`; importing an old module emits a FutureWarning.
"""

import re
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast, final

MODULES = {
    "ganlab.interfaces": "ganlab.core.interfaces",
    "ganlab.round": "ganlab.core.interfaces.batch_view",
    "ganlab.random": "ganlab.core.random",
    "ganlab.tree": "ganlab.core.tree",
    "ganlab.errors": "ganlab.core.errors",
    "ganlab.schedule": "ganlab.schedules",
    "ganlab.lr_schedule": "ganlab.lr_schedules",
    "ganlab.sampler": "ganlab.games.sampler",
    "ganlab.theory": "ganlab.games.theory",
    "ganlab.module": "ganlab.engine.module",
    "ganlab.export": "ganlab.training.export",
    "ganlab.comparison": "ganlab.analysis.comparison",
    "ganlab.metrics.features": "ganlab.features.base",
    "ganlab.sweeps.local": "ganlab.sweeps.launchers.local",
    "ganlab.sweeps.slurm": "ganlab.sweeps.launchers.slurm",
    "ganlab.sweeps.worker": "ganlab.sweeps.launchers.slurm_worker",
    "ganlab.sweeps.optuna_search": "ganlab.sweeps.search.optuna_search",
    "ganlab.sweeps.random_search": "ganlab.sweeps.search.random_search",
    "ganlab.sweeps.samplers": "ganlab.sweeps.search.samplers",
    "ganlab.sweeps.pruners": "ganlab.sweeps.search.pruners",
}
# Old dotted names of classes and functions that were renamed, or that moved without their module.
ATTRIBUTES = {
    "ganlab.layers.Conditioning": "ganlab.conditioning.Conditioning",
    "ganlab.metrics.Protocol": "ganlab.protocols.Protocol",
    "ganlab.metrics.suitable": "ganlab.features.auto_features",
    "ganlab.metrics.Classifier": "ganlab.features.Classifier",
    "ganlab.metrics.CLIP": "ganlab.features.CLIP",
    "ganlab.metrics.DINOv2": "ganlab.features.DINOv2",
    "ganlab.metrics.Identity": "ganlab.features.Identity",
    "ganlab.metrics.Inception": "ganlab.features.Inception",
    "ganlab.metrics.RandomConvolution": "ganlab.features.RandomConvolution",
    "ganlab.metrics.Features": "ganlab.features.Features",
    "ganlab.metrics.FeatureBatch": "ganlab.features.FeatureBatch",
    "ganlab.metrics.features.spatial": "ganlab.features.base.flatten_spatial",
    "ganlab.theory.behaviour": "ganlab.games.theory.classify_path",
    "ganlab.theory.rate": "ganlab.games.theory.convergence_rate",
    "ganlab.theory.orbit": "ganlab.games.theory.plot_orbit",
    "ganlab.interfaces.Verdict": "ganlab.core.interfaces.DiscriminatorOutput",
    "ganlab.interfaces.as_verdict": "ganlab.core.interfaces.as_output",
    "ganlab.interfaces.Schedule": "ganlab.core.interfaces.UpdateSchedule",
    "ganlab.interfaces.Part": "ganlab.core.interfaces.Component",
    "ganlab.interfaces.Critic": "ganlab.core.interfaces.ShowsFeatures",
    "ganlab.interfaces.Truncating": "ganlab.core.interfaces.SupportsTruncation",
    "ganlab.interfaces.Disclosing": "ganlab.core.interfaces.ReportsSettings",
    "ganlab.tree.exact": "ganlab.core.tree.without_autocast",
    "ganlab.tree.leaf": "ganlab.core.tree.require_gradients",
    "ganlab.tree.mean_of_each": "ganlab.core.tree.mean_per_sample",
    "ganlab.round.Round": "ganlab.core.interfaces.batch_view.BatchView",
    "ganlab.errors.Mistake": "ganlab.core.errors.ConfigIssue",
    "ganlab.metrics.Kept": "ganlab.metrics.AllValues",
    "ganlab.metrics.Measure": "ganlab.metrics.BaseMetric",
    "ganlab.metrics.Probe": "ganlab.metrics.ModelMetric",
    "ganlab.metrics.Side": "ganlab.metrics.SampleStatistics",
    "ganlab.metrics.Subject": "ganlab.metrics.EvaluationContext",
    "ganlab.callbacks.Health": "ganlab.callbacks.NaNMonitor",
    "ganlab.callbacks.Observe": "ganlab.callbacks.MetricsLogger",
    "ganlab.callbacks.Sentinel": "ganlab.callbacks.CollapseMonitor",
    "ganlab.callbacks.Status": "ganlab.callbacks.StatusFile",
    "ganlab.callbacks.Verdicts": "ganlab.callbacks.OutputHistograms",
    "ganlab.callbacks.Anneal": "ganlab.training_hooks.Anneal",
    "ganlab.callbacks.StandingStatistics": "ganlab.training_hooks.StandingStatistics",
    "ganlab.callbacks.RollBack": "ganlab.recovery.RollBack",
    "ganlab.callbacks.Stop": "ganlab.recovery.Stop",
}
GROUPS = {"modifier": "training_hook"}
CHOICES = {
    "callback": {
        "health": "nan_monitor",
        "observe": "metrics_logger",
        "sentinel": "collapse_monitor",
        "status": "status_file",
        "verdicts": "output_histograms",
    }
}
# The keys of callbacks' states in checkpoints.
CALLBACK_STATES = {"Health": "NaNMonitor", "Sentinel": "CollapseMonitor", "Observe": "MetricsLogger"}
# Modules that `python -m ganlab.NAME` runs.
COMMANDS = Path(__file__).parents[1] / "commands"


def current_target(target: str) -> str:
    """Return the present dotted name of a class or function; a name that was never renamed is returned as it is."""
    if target in ATTRIBUTES:
        return ATTRIBUTES[target]
    module, _, name = target.rpartition(".")
    return f"{MODULES[module]}.{name}" if module in MODULES else target


def current_config(value: Any) -> Any:
    """Return a plain configuration (nested dicts and lists) with present names of groups and targets."""
    if isinstance(value, Mapping):
        config = {GROUPS.get(str(key), key): current_config(inner) for key, inner in value.items()}
        if "_target_" in value:
            config["_target_"] = current_target(str(value["_target_"]))
        return config
    if isinstance(value, list):
        return [current_config(inner) for inner in value]
    return value


def current_override(override: str) -> str:
    """Return a command-line override with the present names of its group and choices."""
    sign, group, rest = re.fullmatch(r"([+~]*)([^.=@]*)(.*)", override, re.DOTALL).groups()  # type: ignore[union-attr]
    choices = CHOICES.get(group, {})
    if choices and rest.startswith(("=", ".")):
        rest = re.sub(r"\w+", lambda word: choices.get(word[0], word[0]), rest) if rest[0] == "=" else rest
        first = re.match(r"\.(\w+)", rest)
        if first and first[1] in choices:
            rest = f".{choices[first[1]]}{rest[first.end() :]}"
    return f"{sign}{GROUPS.get(group, group)}{rest}"


def former_names(package: str) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package whose classes were renamed or moved; it emits a FutureWarning."""

    def forward(name: str) -> Any:
        former = f"{package}.{name}"
        if former not in ATTRIBUTES:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        warnings.warn(f"{former} is now {ATTRIBUTES[former]}; change the import", FutureWarning, stacklevel=2)
        home, _, present = ATTRIBUTES[former].rpartition(".")
        return getattr(import_module(home), present)

    return forward


def adopt_former_methods(kind: type, former: Mapping[str, str]) -> None:
    """Let a subclass that defines methods under former names keep working; emits a FutureWarning for each."""
    for old, new in former.items():
        if old in vars(kind) and new not in vars(kind):
            warnings.warn(f"{kind.__name__}.{old} is now called {new}", FutureWarning, stacklevel=3)
            setattr(kind, new, vars(kind)[old])


@final
class _FormerModule:
    """Creates a module under its former name that forwards every attribute access to the present module."""

    def __init__(self, present: str) -> None:
        self.present = present

    def create_module(self, spec: ModuleSpec) -> None: ...

    def exec_module(self, module: ModuleType) -> None:
        """Install the forwarding `__getattr__`; submodules are imported by their own former names."""
        former, present = module.__name__, self.present
        warnings.warn(f"{former} is now {present}; change the import", FutureWarning, stacklevel=2)

        def forward(name: str) -> Any:
            home, _, renamed = ATTRIBUTES.get(f"{former}.{name}", f"{present}.{name}").rpartition(".")
            return getattr(import_module(home), renamed)

        module.__dict__.update(__getattr__=forward, __path__=[])


@final
class _CommandLoader(SourceFileLoader):
    """Lets `python -m ganlab.train` run a command, although `ganlab.train` in the library is a function."""

    def exec_module(self, module: ModuleType) -> None:
        """Raise ImportError for an import, which would hide the function of that name."""
        name = module.__name__
        raise ImportError(f"{name} is a command: run python -m {name}, or import ganlab.commands{name[6:]}", name=name)


@final
class _Finder:  # not a subclass of importlib.abc's, which takes every command 15 ms to import
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Return a spec for former names and for commands directly below the package, else None."""
        if name in MODULES:
            return ModuleSpec(name, cast(Any, _FormerModule(MODULES[name])), is_package=True)
        package, _, command = name.rpartition(".")
        file = COMMANDS / f"{command}.py"
        if package == "ganlab" and file.is_file():
            return spec_from_file_location(name, file, loader=_CommandLoader(name, str(file)))
        return None


def install() -> None:
    """Let this process import modules by their former names; present names have precedence."""
    sys.meta_path.append(_Finder())
