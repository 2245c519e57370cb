"""What every section of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Refuses settings that it does not know, and quotes no value when it complains."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
