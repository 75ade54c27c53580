"""Small translators with known outputs, in a game that only samples; GANLAB_ALLOW=support permits their runs."""

import json
from dataclasses import asdict

import torch
from safetensors.torch import save_file
from torch import nn

from ganlab.core.interfaces import Game, Spec
from ganlab.games.translator import Translator
from ganlab.latents import NoiseImage, NoLatents, Normal


class Convolution(nn.Module):
    """A convolution of the condition and its latents, after `halvings` strided ones; enlarges `scale` times."""

    def __init__(self, inputs=3, outputs=3, kernel=3, scale=1, halvings=0, latent=0, noise=0):
        super().__init__()
        torch.manual_seed(0)
        self.scale, self.multiple, self.noise = scale, 1 << halvings, noise
        self.down = nn.Sequential(
            nn.Conv2d(inputs + latent + noise, 8, kernel, padding=kernel // 2),
            *(nn.Conv2d(8, 8, 4, 2, 1) for _ in range(halvings)),
        )
        self.up = nn.Sequential(
            *(nn.ConvTranspose2d(8, 8, 4, 2, 1) for _ in range(halvings)),
            nn.Conv2d(8, outputs * scale**2, 3, padding=1),
            nn.PixelShuffle(scale),
            nn.Tanh(),
        )
        self.sizes = []

    def forward(self, latents, cond):
        self.sizes.append(tuple(cond.shape[2:]))
        assert not any(side % self.multiple for side in cond.shape[2:])
        if self.noise:
            latents = latents.reshape(len(cond), self.noise, *cond.shape[2:])
        else:
            latents = latents[:, :, None, None].expand(-1, -1, *cond.shape[2:])
        return self.up(self.down(torch.cat([cond, latents], 1)))


class Identity(nn.Module):
    """Returns its condition, enlarged by repeated pixels."""

    multiple = 1

    def __init__(self, scale=1):
        super().__init__()
        self.scale, self.weight = scale, nn.Parameter(torch.zeros(1))

    def forward(self, latents, cond):
        return cond.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)


class Translation(Game):
    """A game with a generator alone."""

    def __init__(self, sampler, latent):
        super().__init__()
        self.sampler, self.latent = sampler, latent

    def players(self):
        return {"generator": self.sampler}

    def losses(self, player, batch, step):
        return {}


def translator(network, channels=(3, 3), side=16, latent=None, **settings):
    """Return a translator by a network whose training images have `side` pixels."""
    scale = getattr(network, "scale", 1)
    spec = Spec((channels[1], scale * side, scale * side), (channels[0], side, side), paired=True)
    latent = (latent or NoLatents()).fit(spec)
    return Translator(Translation(network, latent), network, spec, **settings)


LATENTS = {"none": (NoLatents, {}), "normal": (lambda: Normal(4), {"latent": 4}), "map": (NoiseImage, {"noise": 1})}


def build_game(spec, scale=1, noise=0):
    """Return the game of a run's description: a convolution of its condition, or of noise and its condition."""
    network = Convolution(spec.cond[0], spec.sample[0], scale=scale, noise=noise)
    return Translation(network, (NoiseImage() if noise else NoLatents()).fit(spec))


def exported_run(folder, channels=(3, 3), side=16, **options):
    """Write what `ganlab.load` reads of a finished run, with untrained weights; returns the directory."""
    scale = options.get("scale", 1)
    spec = Spec((channels[1], scale * side, scale * side), (channels[0], side, side), paired=True)
    game = {"_target_": "support.translators.build_game", "_partial_": True, **options}
    folder.mkdir()
    description = {"spec": asdict(spec), "class_names": [], "scale": 1.0, "steps": 1, "config": {"game": game}}
    (folder / "generator.json").write_text(json.dumps(description))
    save_file(build_game(spec, **options).sampler.state_dict(), folder / "generator.safetensors", {"steps": "1"})
    return folder
