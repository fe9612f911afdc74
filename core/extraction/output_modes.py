"""How a server is told the form of the answer. What it supports is found out once per server and model."""

from enum import StrEnum


class OutputMode(StrEnum):
    """From strict to plain."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"


WEAKER_MODE = {OutputMode.JSON_SCHEMA: OutputMode.JSON_OBJECT, OutputMode.JSON_OBJECT: OutputMode.TEXT}
