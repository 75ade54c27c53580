"""One module per command of `ganlab`; importing it defers parts of torchmetrics for this process."""

from ganlab.core.early_interrupts import release_interrupts
from ganlab.core.lazy_imports import install

release_interrupts()  # which `cli.main` keeps back
install()
