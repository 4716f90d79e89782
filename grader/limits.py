"""How long and how much a submission may take, where it is known before anything is imported that grades."""

from __future__ import annotations

FLOOR_SECONDS = 2.0  # no test has less
CEILING_SECONDS = 60.0
GENEROSITY = 50.0  # times the reference's own time
SUBMISSION_SECONDS = 300.0
AFTER_A_HANG = 0.2  # at least, for the next test of an exercise that has hung once
CPU_SECONDS = 120  # of a worker
MEMORY_BYTES = 1 << 30  # of a worker
# For the environment of a process that computes: more threads of BLAS cost more than they bring.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1"
)
