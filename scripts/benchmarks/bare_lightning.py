"""One step of a GAN on points by Lightning alone, for comparison: the least that such a script can do."""

import warnings

import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn.functional import softplus


class GAN(pl.LightningModule):
    """A generator and a discriminator with two Adams, updated in turns by manual optimisation."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.generator = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 1))

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> None:
        """Update the discriminator, then the generator."""
        real, (d_optimizer, g_optimizer) = batch[0], self.optimizers()
        fake = self.generator(torch.randn_like(real))
        d_loss = softplus(-self.discriminator(real)).mean() + softplus(self.discriminator(fake.detach())).mean()
        d_optimizer.zero_grad()
        self.manual_backward(d_loss)
        d_optimizer.step()
        g_loss = softplus(-self.discriminator(fake)).mean()
        g_optimizer.zero_grad()
        self.manual_backward(g_loss)
        g_optimizer.step()

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Return an optimizer for each player."""
        return [torch.optim.Adam(player.parameters(), lr=1e-3) for player in (self.discriminator, self.generator)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(256, 2)), batch_size=256)
    trainer = pl.Trainer(
        max_steps=2,
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(GAN(), loader)
