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
_THINKS = ("<think>", "<thinking>", "<reasoning>")
_THOUGHT_ENDS = ("</think>", "</thinking>", "</reasoning>")
_PLACES, _CANDIDATES = 500, 5
"""So many opening braces are tried, and so many of the largest objects behind them."""
_DECODER = json.JSONDecoder()


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
        """The answer; reasoning, fences and prose around the JSON object are ignored.

        Raises:
            ValueError: There is no JSON object, or it has another form; the message can be shown to the model.
        """
        text = _drop_reasoning(text)
        begin, end = text.find("{"), text.rfind("}")
        if begin < 0 or end < begin:
            raise ValueError("The answer holds no JSON object.")
        try:
            return self._model.model_validate_json(text[begin : end + 1])
        except ValidationError as error:
            problem = error
        found, told = self._read_best(text)
        if found is not None:
            return found
        raise ValueError(_describe(told or problem)) from None

    def _read_best(self, text: str) -> tuple[AnswerT | None, ValidationError | None]:
        """The last of the whole objects in a text that has this form; else what is wrong with the largest one."""
        objects = sorted(_list_objects(text), key=len, reverse=True)[:_CANDIDATES]
        problem = None
        for candidate in sorted(objects, key=text.rfind, reverse=True):
            try:
                return self._model.model_validate_json(candidate), None
            except ValidationError as error:
                problem = error if candidate == objects[0] else problem
        return None, problem


def _describe(error: ValidationError) -> str:
    problems = [f"{'.'.join(str(part) for part in item['loc']) or 'JSON'}: {item['msg']}" for item in error.errors()]
    return "; ".join(problems[:_PROBLEMS])


def _drop_reasoning(text: str) -> str:
    """A text without the thoughts before it, whatever braces they hold; some servers leave out the opening tag."""
    ends = [place + len(end) for end in _THOUGHT_ENDS if (place := text.find(end)) >= 0]
    if not ends:
        return text
    behind = text[min(ends) :]
    # an answer may quote such a tag; the thoughts of a model are followed by its answer
    is_thought = text.lstrip().startswith(_THINKS) or behind.lstrip().startswith(("{", "```"))
    return behind if is_thought and "{" in behind else text


def _list_objects(text: str) -> list[str]:
    """Every whole JSON object in a text that is not part of another one, in order; only so many places are tried."""
    found, place = [], 0
    for _ in range(_PLACES):
        place = text.find("{", place)
        if place < 0:
            break
        try:
            _, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
        else:
            found.append(text[place:end])
            place = end
    return found


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
