"""Middleware of the HTTP API: token, host check, limit on the request body, and security headers."""

import hmac
import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import SettingsError

TOKEN_VARIABLE = "NEARSPACE_TOKEN"  # noqa: S105  the name of a variable
MIN_TOKEN_LENGTH = 16

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"),
)


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error response in the form that the whole API uses."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_token_setting(host: str, token: str) -> None:
    """Raise SettingsError for a token that is too short, or for none on a server that other machines can reach."""
    if token and len(token) < MIN_TOKEN_LENGTH:
        raise SettingsError(
            f"The token in ${TOKEN_VARIABLE} is shorter than {MIN_TOKEN_LENGTH} characters. "
            "Choose a longer one, such as the output of `openssl rand -hex 24`."
        )
    if not token and not is_loopback(host):
        raise SettingsError(
            f"Anybody who can reach {host} could search this space. Set a token in ${TOKEN_VARIABLE}, such as the "
            "output of `openssl rand -hex 24`, or omit --host to serve this machine only."
        )


class SecurityMiddleware:
    """Passes on requests with the right host or token and a small enough body, and adds security headers."""

    def __init__(self, app: ASGIApp, *, token: str, hosts: Iterable[str], max_bytes: int) -> None:
        """Wrap `app`; without a token, only requests whose Host header is one of `hosts` are passed on.

        That stops DNS rebinding: a page whose name resolves to this machine still sends its own host name.
        """
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._max_bytes = max_bytes

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

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise HTTPException(413, self._too_large())
            return message

        await self._app(scope, receive_counted, _with_headers(send))

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if self._token:
            authorization = headers.get("authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(authorization, b"Bearer " + self._token):
                return error(
                    401,
                    "token_needed",
                    f"The token is missing or wrong. Send `Authorization: Bearer TOKEN` with the server's "
                    f"${TOKEN_VARIABLE}.",
                    {"www-authenticate": "Bearer"},
                )
        elif _host_name(headers.get("host", "")) not in self._hosts:
            return error(421, "wrong_host", "This server answers to localhost only. Ask http://127.0.0.1 instead.")
        length = headers.get("content-length", "0")
        if length.isdecimal() and len(length) < 19 and int(length) > self._max_bytes:
            return error(413, "too_large", self._too_large())
        return None

    def _too_large(self) -> str:
        return f"More than {self._max_bytes // 1_000_000} MB were sent. Send a smaller picture."


def _host_name(host: str) -> str:
    """A Host header without its port, in lower case."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower()


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [
                *message.get("headers", ()),
                *(pair for pair in _SECURITY_HEADERS if pair[0] not in present),
            ]
        await send(message)

    return send_with_headers
