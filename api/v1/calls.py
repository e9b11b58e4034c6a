"""One call of an application and its answer, as every handler sees them: no HTTP, so that a batch can make them too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from api.v1.application import Application

MOST_PARAMETERS = 1000
TRUE, FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})  # in any case: Python's SDK writes True

Errors = Mapping[str, Sequence["Problem"]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field: a key for programs, and words for people."""

    key: str
    description: str


class Refused(Exception):
    """The call is not done: its status, and what is wrong with which field where the caller can mend that."""

    def __init__(
        self,
        status: int,
        errors: Errors | None = None,
        *,
        text: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the status, the problems by field, or a plain text in their place."""
        super().__init__(status, errors, text)
        self.status, self.errors, self.text = status, dict(errors or {}), text
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """Return it as an answer."""
        if not self.errors:
            return Answer(self.status, self.text or None, self.headers)
        told = {
            name: [{"key": one.key, "description": one.description} for one in problems]
            for name, problems in self.errors.items()
        }
        return Answer(self.status, {"errors": told}, self.headers)


def unprocessable(name: str, key: str, description: str) -> Refused:
    """Say what is wrong with one field; `key` goes without its `errors.`."""
    return Refused(422, {name: (Problem(f"errors.{key}", description),)})


def required(name: str) -> Refused:
    """Say that a field is missing."""
    return unprocessable(name, "required", f"{name} must be specified")


@dataclass(frozen=True, slots=True)
class Query:
    """The query of a call. A parameter that is empty counts as absent."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Query:
        """Read what stands behind the question mark. Raises Refused."""
        try:
            return cls(tuple(parse_qsl(text, errors="strict", max_num_fields=MOST_PARAMETERS)))
        except ValueError:  # a UnicodeDecodeError is one
            raise unprocessable("query", "invalid_format", "the query cannot be read") from None

    def text(self, name: str, default: str = "") -> str:
        """Return the last value of a parameter."""
        found = self.texts(name)
        return found[-1] if found else default

    def texts(self, name: str) -> Sequence[str]:
        """Return all values of a parameter, with or without the brackets of a list."""
        return [value for key, value in self.pairs if key in (name, f"{name}[]")]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read true or false. Raises Refused."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in TRUE | FALSE:
            raise unprocessable(name, "invalid_format", f"{name} must be true or false")
        return value in TRUE


@dataclass(frozen=True, slots=True)
class Call:
    """What an application asks for, after it was found out who asks."""

    application: Application
    account: str  # address, in lower case; "" where the application asks in its own name
    scopes: frozenset[str] = frozenset()
    path: Mapping[str, str] = field(default_factory=dict)  # the names in the route's pattern
    query: Query = Query()
    body: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""  # our own address, without a slash at its end


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; a body of None is empty, text goes out as it is, everything else as JSON."""

    status: int = 202
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Answer]]

Access = Literal["token", "client"]
"""What a caller proves itself with: an account's access token, or the application's own id and secret."""


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for. In the pattern, {name} stands for one part of the path."""

    method: str
    pattern: str
    handler: Handler
    scope: str = ""  # that the token must have; "" for any token
    access: Access = "token"
