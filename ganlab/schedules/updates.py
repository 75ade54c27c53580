"""Update schedules."""

from ganlab.core.interfaces import UpdateSchedule


class Alternating(UpdateSchedule):
    """Updates the discriminator first, and then the generator against the updated discriminator."""

    def __call__(self, step: int) -> list[list[str]]:
        """Return one group per updated player."""
        return [[player] for player in self.updated_players(step)]


class Simultaneous(UpdateSchedule):
    """Updates all players at once, each against the others' weights before the step (Mescheder et al. 2018, eq. 3)."""

    def __call__(self, step: int) -> list[list[str]]:
        """Return one group with all updated players."""
        return [self.updated_players(step)]
