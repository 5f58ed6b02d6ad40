"""A browser as far as cookies and redirects go, to ask what no real one would send."""

from __future__ import annotations

import re
import uuid

import httpx

from tests.support.platform import Cast

OWN = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a request that the console's own page made."""


class Browser:
    """One window. It keeps Secure cookies on loopback, as browsers do."""

    def __init__(self, cast: Cast) -> None:
        self.api = cast.platform.api_url
        self.http = httpx.Client(trust_env=False, timeout=20)
        self.cookies: dict[str, str] = {}

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.send("GET", url, **headers)

    def send(self, method: str, url: str, json: object = None, **headers: str) -> httpx.Response:
        address = url if url.startswith("http") else self.api + url
        ours = address.startswith(self.api)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items()) if ours else ""
        sent = {**headers, **({"Cookie": cookie} if cookie else {})}
        answer = self.http.request(method, address, headers=sent, json=json)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            assert all(part in line for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
            assert "Domain" not in line
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def as_far_as_the_code(self, login: str, to: str = "/") -> str:
        """Where the identity provider sends the browser back to."""
        begun = self.get(f"/auth/sign-in?to={to}")
        assert begun.status_code == 303
        page = self.get(begun.headers["location"])
        assert page.status_code == 200
        links = re.findall(r'href="([^"]+)"', page.text)
        chosen = next(link for link in links if link.startswith(f"/authorize/as/{login}?"))
        provider = begun.headers["location"].partition("/authorize")[0]
        sent_back = self.get(provider + chosen.replace("&amp;", "&"))
        assert sent_back.status_code == 303
        return str(sent_back.headers["location"])

    def change(self, path: str, body: object = None) -> httpx.Response:
        """A POST as the console's own page makes it."""
        token = self.get("/v1/session", **OWN).json()["csrf_token"]
        return self.send("POST", path, body, **OWN, **{"X-CSRF-Token": token, "Idempotency-Key": uuid.uuid4().hex})

    def sign_in(self, login: str, to: str = "/") -> httpx.Response:
        return self.get(self.as_far_as_the_code(login, to))
