"""What holds for all tests."""

import os
import pathlib
import sys

# The matrices are small: threads of BLAS would wait for one another, and on a busy machine for long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "examples"))
