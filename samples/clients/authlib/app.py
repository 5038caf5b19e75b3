"""A website with Flask and Authlib whose customers sign in with the common ID."""

import os
import secrets
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session, url_for

app = Flask(__name__)
app.secret_key = os.environ.get("SESSION_SECRET") or secrets.token_hex(32)
# For http://localhost in development. In production set SESSION_COOKIE_SECURE=True.
app.config.update(SESSION_COOKIE_NAME="authlib_sample", SESSION_COOKIE_SAMESITE="Lax")

# #region settings
oauth = OAuth(app)
common_id = oauth.register(
    "common_id",
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    code_challenge_method="S256",
    client_kwargs={"scope": "openid profile email offline_access"},
)
# #endregion

# Flask keeps the session in a signed cookie, which the browser can read. Tokens stay here, by the session's id.
tokens: dict[str, dict] = {}


def current() -> dict | None:
    return tokens.get(session.get("id", ""))


@app.get("/")
def home():
    token = current()
    if token is None:
        return '<a href="/login">Sign in</a>'
    return jsonify(token["userinfo"])


@app.get("/login")
def login():
    # Makes state, nonce and the PKCE verifier, and keeps them in the session.
    return common_id.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    # Checks state, redeems the code, and checks the ID token: signature, iss, aud, exp, nonce.
    token = common_id.authorize_access_token()
    # The ID token says who signed in. UserInfo has the claims about the person; its sub has to be the same.
    claims = common_id.userinfo(token=token)
    if claims["sub"] != token["userinfo"]["sub"]:
        return "UserInfo is about another person", 502
    token["userinfo"] = dict(claims)
    session["id"] = secrets.token_urlsafe(32)
    tokens[session["id"]] = token
    return redirect("/")


@app.get("/refresh")
def refresh():
    token = current()
    if token is None:
        return redirect("/login")
    # Each refresh returns a new refresh token: keep the newest.
    renewed = common_id.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
    token.update(renewed)
    return redirect("/")


@app.get("/logout")
def logout():
    token = tokens.pop(session.pop("id", ""), None)
    end = common_id.load_server_metadata()["end_session_endpoint"]
    query = {"client_id": os.environ["CLIENT_ID"], "post_logout_redirect_uri": url_for("home", _external=True)}
    if token is not None:
        query["id_token_hint"] = token["id_token"]
    return redirect(f"{end}?{urlencode(query)}")


if __name__ == "__main__":
    app.run(host="localhost", port=int(os.environ.get("PORT", "3999")))
