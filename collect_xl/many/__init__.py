"""Many workbooks in one run: each is previewed and then sent, here or as a task of its own on a Dask cluster."""

from __future__ import annotations

from collect_xl.many.crew import Crew, Here
from collect_xl.many.job import End, Job, Shown

__all__ = ["Crew", "End", "Here", "Job", "Shown"]
