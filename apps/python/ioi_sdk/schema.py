"""JSON Schemas from hints, and values by them. What has no hint is a string."""

PLAIN = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    None: {"type": "null"},
    list: {"type": "array"},
    dict: {"type": "object"},
}


def schemas_of(function):
    """Its hints by name, the schema of its arguments, and that of what it returns."""
    code = function.__code__
    if code.co_flags & 0x0C or code.co_posonlyargcount:
        raise TypeError(f"{function.__name__}: a task has named arguments, no * and no **")
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    hints = function.__annotations__
    if any(isinstance(hint, str) for hint in hints.values()):
        import typing

        hints = typing.get_type_hints(function)
    plain = names[: code.co_argcount]
    defaults = set(plain[len(plain) - len(function.__defaults__ or ()) :])
    defaults |= set(function.__kwdefaults__ or ())
    taken = {
        "type": "object",
        "properties": {name: schema_of(hints.get(name, str)) for name in names},
        "required": [name for name in names if name not in defaults],
        "additionalProperties": False,
    }
    return hints, taken, schema_of(hints.get("return", str))


def schema_of(hint):
    """The JSON Schema of a hint; a TypeError for what has none."""
    try:
        if hint in PLAIN:
            return dict(PLAIN[hint])
    except TypeError:
        pass
    if getattr(hint, "__dataclass_fields__", None) is not None:
        return _schema_of_record(hint)
    if hasattr(hint, "__required_keys__"):
        import typing

        return _record(typing.get_type_hints(hint), hint.__required_keys__)
    return _schema_of_form(hint)


def _schema_of_form(hint):
    import types
    import typing

    if hint is typing.Any or hint is object:
        return {}
    form, parts = typing.get_origin(hint), typing.get_args(hint)
    if form is list and parts:
        return {"type": "array", "items": schema_of(parts[0])}
    if form is dict and parts and parts[0] is str:
        return {"type": "object", "additionalProperties": schema_of(parts[1])}
    if form in (typing.Union, types.UnionType):
        return {"anyOf": [schema_of(each) for each in parts]}
    if form is typing.Literal:
        return {"enum": list(parts)}
    raise TypeError(f"{hint!r} has no JSON Schema")


def _schema_of_record(hint):
    import dataclasses
    import typing

    missing = dataclasses.MISSING
    needed = [
        field.name
        for field in dataclasses.fields(hint)
        if field.default is missing and field.default_factory is missing
    ]
    return _record(typing.get_type_hints(hint), needed)


def _record(hints, needed):
    return {
        "type": "object",
        "properties": {name: schema_of(each) for name, each in hints.items()},
        "required": [name for name in hints if name in needed],
        "additionalProperties": False,
    }


def value_of(hint, given):
    """What was given, with records made of objects where the hint says so."""
    if getattr(hint, "__dataclass_fields__", None) is not None and isinstance(given, dict):
        import typing

        hints = typing.get_type_hints(hint)
        return hint(**{name: value_of(hints.get(name), each) for name, each in given.items()})
    if isinstance(given, list) and getattr(hint, "__origin__", None) is list:
        return [value_of(hint.__args__[0], each) for each in given]
    return given


def plain_of(value):
    """What JSON has of it; records become objects."""
    if getattr(type(value), "__dataclass_fields__", None) is not None:
        return {name: plain_of(getattr(value, name)) for name in type(value).__dataclass_fields__}
    if isinstance(value, dict):
        return {key: plain_of(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_of(each) for each in value]
    return value
