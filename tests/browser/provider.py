"""An OpenID provider of the tests' own, on loopback: everybody who comes is the person it was made for."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "nearspace", "the-tests-alone-know-it"


@contextmanager
def provider(claims: Mapping[str, Any]) -> Iterator[str]:
    """Serve a provider that signs everybody in with `claims`; gives the address of its description."""
    key = RSAKey.generate_key(2048, {"kid": "tests", "use": "sig", "alg": "RS256"})
    codes: dict[str, str] = {}  # each code with the nonce it was asked with

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/.well-known/openid-configuration":
                self._json(
                    {
                        "issuer": here,
                        "authorization_endpoint": f"{here}/authorize",
                        "token_endpoint": f"{here}/token",
                        "jwks_uri": f"{here}/keys",
                        "response_types_supported": ["code"],
                        "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"],
                    }
                )
            elif address.path == "/keys":
                self._json({"keys": [key.as_dict(private=False)]})
            elif address.path == "/authorize" and asked.get("client_id") == CLIENT_ID:
                code = secrets.token_urlsafe(16)
                codes[code] = asked.get("nonce", "")
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?code={code}&state={quote(asked['state'])}")
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            known = self.headers.get("authorization") == f"Basic {basic}"
            known = known or sent.get("client_secret") == [CLIENT_SECRET]
            code = sent.get("code", [""])[0]
            if self.path != "/token" or not known or code not in codes:
                self.send_error(400)
                return
            now = int(time.time())
            told = {"iss": here, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 600, **claims}
            if nonce := codes.pop(code):
                told["nonce"] = nonce
            token = jwt.encode({"alg": "RS256", "kid": "tests"}, told, key)
            self._json({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token})

        def _json(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    here = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{here}/.well-known/openid-configuration"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
