from support.inception_weights import weights

__all__ = ["weights"]
