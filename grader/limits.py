"""How long and how much a submission may take, where it is known before anything is imported that grades."""

from __future__ import annotations

FLOOR_SECONDS = 2.0  # no test has less
CEILING_SECONDS = 60.0
GENEROSITY = 50.0  # times the reference's own time
SUBMISSION_SECONDS = 300.0
CPU_SECONDS = 120  # of a worker
MEMORY_BYTES = 1 << 30  # of a worker
