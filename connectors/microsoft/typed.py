"""The typed models of what we change on an event. Loads the SDK.

https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.event import Event
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.location import Location
from msgraph.generated.models.location_type import LocationType
from msgraph.generated.models.location_unique_id_type import LocationUniqueIdType
from msgraph.generated.models.online_meeting_provider_type import OnlineMeetingProviderType
from msgraph.generated.models.outlook_geo_coordinates import OutlookGeoCoordinates
from msgraph.generated.models.physical_address import PhysicalAddress
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty

from connectors.microsoft.edits import Patch
from connectors.microsoft.notes import MARK, NAME, TEAMS

_MODELS: Mapping[str, type[Any]] = {"address": PhysicalAddress, "coordinates": OutlookGeoCoordinates}
_WORDS: Mapping[str, type[Enum]] = {
    "locationType": LocationType,
    "uniqueIdType": LocationUniqueIdType,
}
_Model = TypeVar("_Model", Location, PhysicalAddress, OutlookGeoCoordinates)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def event_model(patch: Patch) -> Event:
    """Return the model of a PATCH: what the patch leaves alone is not in it, and so is not sent."""
    model = Event()
    if patch.content is not None:
        kind = BodyType.Html if patch.html else BodyType.Text
        model.body = ItemBody(content=patch.content, content_type=kind)
    if patch.location is not None:
        model.location = _filled(Location(), patch.location)
    if patch.locations is not None:
        model.locations = [_filled(Location(), place) for place in patch.locations]
    if patch.online_meeting:
        model.is_online_meeting = True
        model.online_meeting_provider = OnlineMeetingProviderType.TeamsForBusiness
    noted = {MARK: patch.mark, TEAMS: patch.teams, NAME: patch.name}
    model.single_value_extended_properties = [
        SingleValueLegacyExtendedProperty(id=name, value=value)
        for name, value in noted.items()
        if value is not None
    ] or None
    # As they are: the models leave out what is None, which is how Graph is told that there is no recurrence any more.
    model.additional_data |= patch.fields
    return model


def _filled(model: _Model, values: Mapping[str, Any]) -> _Model:
    """Set each value; what the SDK has no field for goes out under its own name."""
    for name, value in values.items():
        field = _HUMP.sub("_", name).lower()
        if name == "@odata.type":
            continue
        if hasattr(model, field):
            setattr(model, field, _value(name, value))
        else:
            model.additional_data[name] = value
    return model


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping) and name in _MODELS:
        return _filled(_MODELS[name](), value)
    if isinstance(value, str) and name in _WORDS:
        return _WORDS[name](value)
    return value
