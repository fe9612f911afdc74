"""How a person wants rows to become trials."""

from pydantic import BaseModel

from core.models import Grouping
from core.traces.task_text import DEFAULT_MARKERS


class ImportOptions(BaseModel):
    """How rows become trials."""

    group_by: Grouping = Grouping.TRIAL_NAME
    markers: tuple[str, ...] = DEFAULT_MARKERS
    cut_at_marker: bool = False
