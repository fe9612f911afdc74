"""The form of an answer: the schema that a server is told, and how an answer is read by it.

A schema keeps to what every server takes that takes schemas: bounds on the number of items, none on lengths. OpenAI's
strict mode refuses `maxLength`, llama.cpp refuses a large one; `minItems` and `maxItems` both know, and so does vLLM
(xgrammar since 0.1.19; what refuses them is asked in a plainer way).

Source: OpenAI's guide to structured outputs, "supported schemas"; llama.cpp's `json-schema-to-grammar`; xgrammar #296.
"""

import json
import re
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

_PROBLEMS = 5
"""So many are told to the model."""


class AnswerModel(BaseModel):
    """Part of an answer. What was not asked for is ignored."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


_LONG_NAME = re.compile(r"\bAnswered(\w+?)(?:_\w+_)?(?=\")")
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class AnswerForm(Generic[AnswerT]):
    """How one kind of answer looks. Built once: building a schema for every call would cost more than the call."""

    def __init__(self, name: str, model: type[AnswerT]) -> None:
        """Build the schema.

        Args:
            name: What the server is told that it is called.
            model: What an answer is read into.
        """
        self.name = name
        self.schema = _build_schema(model)
        self._model = model

    @cached_property
    def text_addition(self) -> str:
        """What is said behind the prompt to a server that takes no schema."""
        return "\n\nThe JSON object must follow this JSON schema:\n" + json.dumps(self.schema)

    def read(self, text: str) -> AnswerT:
        """The answer; fences and prose around the JSON object are ignored.

        Raises:
            ValueError: There is no JSON object, or it has another form; the message can be shown to the model.
        """
        begin, end = text.find("{"), text.rfind("}")
        if begin < 0 or end < begin:
            raise ValueError("The answer holds no JSON object.")
        try:
            return self._model.model_validate_json(text[begin : end + 1])
        except ValidationError as error:
            problems = [
                f"{'.'.join(str(part) for part in item['loc']) or 'JSON'}: {item['msg']}" for item in error.errors()
            ]
            raise ValueError("; ".join(problems[:_PROBLEMS])) from None


def at_most(number: int, *, least: int = 0) -> tuple[BeforeValidator, FieldInfo]:
    """Bounds for the annotation of a list: what the schema says, and what is taken of an answer that has more.

    The most useful items are asked for first, so an answer is not asked for again for one too many.

    Args:
        number: Of items that are taken: the first ones.
        least: That the schema demands; an answer with fewer is taken all the same.
    """
    cut = BeforeValidator(lambda items: items[:number] if isinstance(items, list) else items)
    return cut, Field(max_length=number, json_schema_extra={"minItems": least} if least else None)


def _build_schema(model: type[BaseModel]) -> dict[str, Any]:
    # read by models and billed by its length, so without the classes' long names
    schema: dict[str, Any] = json.loads(_LONG_NAME.sub(r"\1", json.dumps(model.model_json_schema())))
    for part in [schema, *schema.get("$defs", {}).values()]:
        part.pop("description", None)
        part.pop("title", None)
        if "properties" in part:
            # what strict mode demands: every field named, nothing beside them
            part["required"] = list(part["properties"])
            part["additionalProperties"] = False
            for field in part["properties"].values():
                field.pop("title", None)
                field.pop("default", None)
    return schema
