"""Dataset cards: the YAML block at the top of README.md, and what the Hub objects to in it."""

import re
from typing import Any, NamedTuple

import yaml

from tests.standins.hub_call import Call
from tests.standins.wire import Reply, json_reply

_BLOCK = re.compile(r"\A\s*---\s*\n(.*?)\n---\s*(\n|\Z)", re.DOTALL)


class Card(NamedTuple):
    """What a README's YAML block holds (None without one), and what is wrong with it."""

    data: dict[str, Any] | None
    errors: list[str]


def read_card(readme: str) -> Card:
    """The card data of a README."""
    block = _BLOCK.match(readme.replace("\r\n", "\n"))
    if block is None:
        return Card(None, [])
    try:
        data = yaml.safe_load(block[1])
    except yaml.YAMLError as error:
        return Card(None, [f"YAML Metadata Error: {error}"])
    if data is None:
        return Card(None, [])
    if not isinstance(data, dict):
        return Card(None, ["YAML Metadata Error: must be an object"])
    errors = _check_configs(data.get("configs", []))
    for name in ("tags", "language", "size_categories", "task_categories"):
        values = data.get(name) or []
        if not all(isinstance(value, str) for value in ([values] if isinstance(values, str) else values)):
            errors.append(f'"{name}" must be a string or a list of strings')
    licenses = data.get("license") or []
    for value in [licenses] if isinstance(licenses, str) else licenses:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", str(value)):
            errors.append(f'"license" must be an identifier such as apache-2.0, not {value!r}')
    return Card(data, errors)


def validate_yaml(call: Call) -> Reply:
    """Errors (400) and warnings for the README in the request."""
    card = read_card(call.request.json()["content"])
    warnings = [] if card.data or card.errors else ["empty or missing yaml metadata in repo card"]
    content = {
        "errors": [{"message": message} for message in card.errors],
        "warnings": [{"message": message} for message in warnings],
    }
    return json_reply(content, status=400 if card.errors else 200)


def _check_configs(configs: Any) -> list[str]:
    if not isinstance(configs, list):
        return ['"configs" must be an array']
    errors = []
    for number, config in enumerate(configs):
        if not isinstance(config, dict) or not isinstance(config.get("config_name"), str):
            errors.append(f'"configs[{number}].config_name" must be a string')
        elif not isinstance(config.get("data_files", ""), str | list):
            errors.append(f'"configs[{number}].data_files" must be a string or an array')
    return errors
