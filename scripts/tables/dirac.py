"""Write docs/reports/dirac.md and dirac.png: how every Dirac-GAN behaves, next to what the linear theory predicts.

All cells are trained again, with the same result every time. With --check nothing is written, and the exit code is 1 if
the page is out of date.
"""

import argparse
import os
import sys
from itertools import product
from multiprocessing import get_context
from pathlib import Path

# Without a visible device, a CUDA build of torch does not query the driver at every optimizer step.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
from dirac_cells import Cell, Finding, applicable, examine, representatives
from dirac_page import page
from dirac_picture import picture
from tqdm import tqdm

DOCS = Path(__file__).parents[2] / "docs" / "reports"


def main() -> int:
    """Examine all cells, in one process per processor by default, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the page is out of date")
    args = parser.parse_args()
    torch.set_num_threads(1)
    groups, rejected = applicable()
    pairs = representatives(groups)
    distinct = product(dict.fromkeys(pairs.values()), groups["schedule"], groups["optimizer"])
    cells = [Cell(*pair, schedule, optimizer) for pair, schedule, optimizer in distinct]
    # Fork, because each new process would import and compose for longer than it trains; no threads are running here.
    with get_context("fork").Pool(args.jobs) as pool:
        results = pool.imap(examine, cells, chunksize=8)
        findings: dict[Cell, Finding] = dict(
            zip(cells, tqdm(results, total=len(cells), disable=None, unit="cell"), strict=True)
        )
    text = page(groups, pairs, rejected, findings)
    if args.check:
        return int(text != (DOCS / "dirac.md").read_text())
    (DOCS / "dirac.md").write_text(text)
    picture(DOCS / "dirac.png")
    print(f"wrote {DOCS / 'dirac.md'} and {DOCS / 'dirac.png'}: {len(cells)} cells", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
