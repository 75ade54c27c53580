"""Metrics of torchmetrics by a yaml file of their own, in training, evaluation, distributed runs and tables."""
