from ganlab.games.adversarial import AdversarialGame

__all__ = ["AdversarialGame"]
