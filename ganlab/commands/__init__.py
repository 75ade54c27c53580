"""One module per command of `ganlab`; importing it defers parts of torchmetrics for this process."""

from ganlab.core.lazy_imports import install

install()
