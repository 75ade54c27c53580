"""Write docs/dirac.md and docs/dirac.png: what becomes of every Dirac-GAN, beside what the linear theory says of it.

Everything is computed here and now and is the same every time. With --check nothing is written, and the exit code tells
whether the page is what is computed.
"""

import argparse
import os
import sys
from itertools import product
from multiprocessing import get_context
from pathlib import Path

# A CUDA build of torch looks for the driver at every optimizer step, unless it is told that there is none.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
from dirac_cells import Cell, Finding, applicable, examine, twins
from dirac_page import page
from dirac_picture import picture
from tqdm import tqdm

DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """Examine all cells, in as many processes as there are processors, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the page is out of date")
    given = parser.parse_args()
    torch.set_num_threads(1)
    groups, refused = applicable()
    alike = twins(groups)
    distinct = product(dict.fromkeys(alike.values()), groups["schedule"], groups["optimizer"])
    cells = [Cell(*pair, schedule, optimizer) for pair, schedule, optimizer in distinct]
    # Forked, for each process would import and compose for longer than it trains; nothing runs in threads here.
    with get_context("fork").Pool(given.jobs) as pool:
        results = pool.imap(examine, cells, chunksize=8)
        findings: dict[Cell, Finding] = dict(
            zip(cells, tqdm(results, total=len(cells), disable=None, unit="cell"), strict=True)
        )
    text = page(groups, alike, refused, findings)
    if given.check:
        return int(text != (DOCS / "dirac.md").read_text())
    (DOCS / "dirac.md").write_text(text)
    picture(DOCS / "dirac.png")
    print(f"wrote {DOCS / 'dirac.md'} and {DOCS / 'dirac.png'}: {len(cells)} cells", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
