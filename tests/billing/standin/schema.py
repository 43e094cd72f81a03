"""Checking values against the part of JSON Schema that Stripe's published description uses."""

from typing import Any

_TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}


# Answers of the version spoken here that the description, a little older, does not have yet; the installed package does.
NEWER = (".features.subscription_pause", ".flow.subscription_pause")


class Contract:
    """Stripe's published description, and what of it a value breaks."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas = description["components"]["schemas"]
        self.paths = description["paths"]

    def find_answer(self, method: str, path: str) -> dict[str, Any] | None:
        """The schema of an operation's good answer, by its path with names in braces or their values."""
        for template, operations in self.paths.items():
            if _fits(template, path) and method.lower() in operations:
                content = operations[method.lower()]["responses"]["200"]["content"]
                return dict(content["application/json"]["schema"])
        return None

    def list_problems(self, value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
        """Sentences, one for each place where the value is not what the schema says; none where all is well."""
        if "$ref" in schema:
            name = schema["$ref"].split("/")[-1]
            return self.list_problems(value, self.schemas[name], where or name)
        if "anyOf" in schema:
            return self._check_choices(value, schema["anyOf"], where)
        problems = _check_type(value, schema, where)
        if problems:
            return problems
        if isinstance(value, dict):
            return self._check_object(value, schema, where)
        if isinstance(value, list) and "items" in schema:
            return [
                problem
                for number, entry in enumerate(value)
                for problem in self.list_problems(entry, schema["items"], f"{where}[{number}]")
            ]
        return _check_plain(value, schema, where)

    def _check_choices(self, value: Any, choices: list[dict[str, Any]], where: str) -> list[str]:
        """One choice has to fit; where none does, the problems of the nearest one are told."""
        found = [self.list_problems(value, choice, where) for choice in choices]
        return min(found, key=len)

    def _check_object(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
        properties = schema.get("properties", {})
        problems = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
        for name, entry in value.items():
            if name in properties:
                problems += self.list_problems(entry, properties[name], f"{where}.{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                problems += self.list_problems(entry, schema["additionalProperties"], f"{where}.{name}")
            elif properties and not f"{where}.{name}".endswith(NEWER):
                problems.append(f"{where}.{name} is not described")
        return problems


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one == other or one.startswith("{") for one, other in zip(wanted, given, strict=True)
    )


def _check_type(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    named = schema.get("type")
    if named is None:
        return []
    names = [named] if isinstance(named, str) else named
    for name in names:
        if isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name in {"integer", "number"}):
            return []
    return [f"{where} is {value!r:.60}, not {' or '.join(names)}"]


def _check_plain(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    problems = []
    if "enum" in schema and value not in schema["enum"]:
        problems.append(f"{where} is {value!r:.60}, none of {schema['enum']}"[:300])
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        problems.append(f"{where} has {len(value)} characters, at most {schema['maxLength']}")
    return problems
