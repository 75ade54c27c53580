"""Who moves when."""

from ganlab.core.interfaces import UpdateSchedule


class Alternating(UpdateSchedule):
    """The discriminator moves, then the generator, which sees the moved discriminator."""

    def __call__(self, step: int) -> list[list[str]]:
        """Return one group per player that moves."""
        return [[player] for player in self.updated_players(step)]


class Simultaneous(UpdateSchedule):
    """All players move at once, each against the others' former weights (Mescheder et al. 2018, eq. 3)."""

    def __call__(self, step: int) -> list[list[str]]:
        """Return one group of all players that move."""
        return [self.updated_players(step)]
