"""The rows that senders may send: those of `ReadingMessage` and `LineMessage`, of which most may be left out.

They become plain dictionaries, which is several times faster than models, and are checked in one pass of pydantic.
"""

from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from throng.core.crowd_state import EventKind
from throng.server.readings import LineMessage, ReadingMessage

LARGEST = 1e9
"""No number of a crowd is larger; sums over an hour of them still fit."""

LARGEST_INTEGER = 2**31 - 1

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
People = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Seconds = Annotated[float, Field(ge=0.001, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2000)]
Key = Annotated[str, Field(min_length=1, max_length=64)]

STRICT = ConfigDict(extra="forbid")

SPECIAL: dict[str, Any] = {
    "zone_id": Key,
    "line_id": Key,
    "camera_id": Key,
    "level_of_service": Annotated[str, Field(pattern="^[A-F]$")] | None,
    **dict.fromkeys(("count", "count_low", "count_high"), People | None),
}
"""Fields that are checked more closely than in what the server sends."""

PLAIN: dict[Any, Any] = {float: Number, int: Whole, str: Text, datetime: AwareDatetime}
MAKE_ROW: Any = TypedDict
NAMES = frozenset({"kind", "zone_id", "line_id", "camera_id", "at"})
"""What every row must have; the rest may be left out, and is unknown then."""


def _checked(kind: Any) -> Any:
    """Return the type of a field with the limits above at every number and text in it."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _row(kind, {name for name, info in kind.model_fields.items() if not _may_be_none(info.annotation)})
    origin = get_origin(kind)
    if origin is None or origin is Literal:
        return kind
    arguments = tuple(a if a in {NoneType, Ellipsis} else _checked(a) for a in get_args(kind))
    return Union[arguments] if origin in {Union, UnionType} else origin[arguments]  # noqa: UP007


def _may_be_none(kind: Any) -> bool:
    return NoneType in get_args(kind)


def _row(model: type[BaseModel], required: set[str] | frozenset[str], **more: Any) -> Any:
    fields = {
        name: SPECIAL[name] if name in SPECIAL else _checked(info.annotation)
        for name, info in model.model_fields.items()
    }
    fields |= more
    row = MAKE_ROW(
        model.__name__.replace("Message", "Row"),
        {name: kind if name in required else NotRequired[kind] for name, kind in fields.items()},
    )
    row.__pydantic_config__ = STRICT
    return row


class EventRow(TypedDict):
    """A behaviour event from its first to its last reading; sent again while it goes on."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    zone_id: Key
    camera_id: Key
    kind: EventKind
    started_at: AwareDatetime
    ended_at: AwareDatetime
    score: Annotated[float, Field(ge=0, le=1)]
    evidence: NotRequired[Annotated[list[Text], Field(max_length=20)]]
    x_m: NotRequired[Number | None]
    y_m: NotRequired[Number | None]
    simulated: NotRequired[bool]


ZoneRow = _row(ReadingMessage, NAMES, period_s=Seconds | None)
LineRow = _row(LineMessage, NAMES, period_s=Seconds | None)
ReadingRow: Any = Annotated[Union[ZoneRow, LineRow], Field(discriminator="kind")]  # noqa: UP007


class IngestBody(TypedDict):
    """What is sent at once."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    readings: NotRequired[list[ReadingRow]]
    events: NotRequired[list[EventRow]]


BODY: TypeAdapter[Any] = TypeAdapter(IngestBody)
READING: TypeAdapter[Any] = TypeAdapter(ReadingRow)
EVENT: TypeAdapter[Any] = TypeAdapter(EventRow)


def body_schema() -> dict[str, Any]:
    """Return the JSON Schema of a batch without references, as a request body of OpenAPI needs it."""
    whole = BODY.json_schema()
    parts = whole.pop("$defs", {})

    def inlined(node: Any) -> Any:
        if isinstance(node, list):
            return [inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inlined(parts[node["$ref"].rpartition("/")[2]])
        return {key: inlined(value) for key, value in node.items() if key != "discriminator"}

    schema: dict[str, Any] = inlined(whole)
    return schema
