"""What stands before the HTTP API: who may ask, and how much may be sent."""

import hmac
import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import SettingsError

TOKEN_VARIABLE = "NEARSPACE_TOKEN"  # noqa: S105  the name of a variable
SHORTEST_TOKEN = 16

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"),
)


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as every answer of the API tells it."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens at `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_token(host: str, token: str) -> None:
    """Make sure that a server that others can reach asks for a token; raises SettingsError."""
    if token and len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"The token in ${TOKEN_VARIABLE} is shorter than {SHORTEST_TOKEN} characters. "
            "Choose a longer one, such as `openssl rand -hex 24` gives."
        )
    if not token and not is_loopback(host):
        raise SettingsError(
            f"Whoever reaches {host} could search this space. Set a token in ${TOKEN_VARIABLE}, such as "
            "`openssl rand -hex 24` gives, or leave --host out to serve this machine alone."
        )


class SecurityMiddleware:
    """Lets a request through when its host and token are right, and while its body stays small."""

    def __init__(self, app: ASGIApp, *, token: str, hosts: Iterable[str], most_bytes: int) -> None:
        """Guard `app`; without a token only requests for one of `hosts` are let through.

        A page of another site whose name was made to point here (DNS rebinding) asks for its own host.
        """
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(headers)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_bytes:
                raise HTTPException(413, self._too_large())
            return message

        await self._app(scope, counted, _with_headers(send))

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if self._token:
            given = headers.get("authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, b"Bearer " + self._token):
                return error(
                    401,
                    "token_needed",
                    f"The token is missing or wrong. Send `Authorization: Bearer TOKEN` with the server's "
                    f"${TOKEN_VARIABLE}.",
                    {"www-authenticate": "Bearer"},
                )
        elif _host_alone(headers.get("host", "")) not in self._hosts:
            return error(421, "wrong_host", "This server answers to localhost only. Ask http://127.0.0.1 instead.")
        length = headers.get("content-length", "0")
        if length.isdecimal() and len(length) < 19 and int(length) > self._most_bytes:
            return error(413, "too_large", self._too_large())
        return None

    def _too_large(self) -> str:
        return f"More than {self._most_bytes // 1_000_000} MB were sent. Send a smaller picture."


def _host_alone(host: str) -> str:
    """A Host header without its port, in lower case."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower()


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *(pair for pair in _HEADERS if pair[0] not in there)]
        await send(message)

    return sending
