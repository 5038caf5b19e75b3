//! A website in Rust with the crate openidconnect whose customers sign in with the common ID.

use std::{collections::HashMap, env, error::Error};

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreUserInfoClaims};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RefreshToken,
    Scope, TokenResponse,
};
use openidconnect::core::CoreIdToken;
use tiny_http::{Header, Request, Response, Server};
use url::Url;

/// A login under way, or a person who is signed in.
enum Session {
    SigningIn { state: CsrfToken, nonce: Nonce, verifier: PkceCodeVerifier },
    SignedIn { claims: CoreUserInfoClaims, id_token: CoreIdToken, refresh_token: Option<RefreshToken> },
}

/// The response to a request.
enum Answer {
    Page(&'static str, String),
    Redirect(String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").unwrap_or_else(|_| "3999".into());
    let origin = format!("http://localhost:{port}");

    // #region settings
    // Follows no redirects, because one could lead into the internal network (server-side request forgery).
    let http = ureq::AgentBuilder::new().redirects(0).build();
    let metadata = ProviderMetadataWithLogout::discover(&IssuerUrl::new(env::var("ISSUER")?)?, &http)?;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone().ok_or("no logout")?;
    let client_id = ClientId::new(env::var("CLIENT_ID")?);
    let client = CoreClient::from_provider_metadata(
        metadata,
        client_id.clone(),
        Some(ClientSecret::new(env::var("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(format!("{origin}/callback"))?);
    // #endregion

    let mut sessions: HashMap<String, Session> = HashMap::new();
    let mut handle = |url: &Url, id: &str, new_id: &str| -> Result<Answer, Box<dyn Error>> {
        let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        Ok(match url.path() {
            "/" => match sessions.get(id) {
                Some(Session::SignedIn { claims, .. }) => Answer::Page("application/json", serde_json::to_string(claims)?),
                _ => Answer::Page("text/html", r#"<a href="/login">Sign in</a>"#.into()),
            },
            "/login" => {
                let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
                let scopes = ["profile", "email", "offline_access"].map(|name| Scope::new(name.into()));
                let (target, state, nonce) = client
                    .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
                    .add_scopes(scopes)
                    .set_pkce_challenge(challenge)
                    .url();
                sessions.insert(new_id.into(), Session::SigningIn { state, nonce, verifier });
                Answer::Redirect(target.into())
            }
            "/callback" => {
                let Some(Session::SigningIn { state, nonce, verifier }) = sessions.remove(id) else {
                    return Ok(Answer::Redirect("/login".into()));
                };
                if parameter("state").as_deref() != Some(state.secret()) {
                    return Err("this login was not started here".into());
                }
                let code = parameter("code").ok_or_else(|| parameter("error").unwrap_or_default())?;
                let tokens = client
                    .exchange_code(AuthorizationCode::new(code))?
                    .set_pkce_verifier(verifier)
                    .request(&http)?;
                let id_token = tokens.id_token().ok_or("no ID token")?.clone();
                // Checks signature, iss, aud, exp and nonce.
                let subject = id_token.claims(&client.id_token_verifier(), &nonce)?.subject().clone();
                let claims = client.user_info(tokens.access_token().clone(), Some(subject))?.request(&http)?;
                let refresh_token = tokens.refresh_token().cloned();
                // Renews the session's id, because an attacker may know the earlier one.
                sessions.insert(new_id.into(), Session::SignedIn { claims, id_token, refresh_token });
                Answer::Redirect("/".into())
            }
            "/refresh" => match sessions.get_mut(id) {
                Some(Session::SignedIn { refresh_token: Some(kept), .. }) => {
                    let tokens = client.exchange_refresh_token(kept)?.request(&http)?;
                    // Each refresh may return a new refresh token: keep the newest.
                    if let Some(fresh) = tokens.refresh_token() {
                        *kept = fresh.clone();
                    }
                    Answer::Redirect("/".into())
                }
                _ => Answer::Redirect("/login".into()),
            },
            "/logout" => {
                let mut logout = LogoutRequest::from(end_session.clone())
                    .set_client_id(client_id.clone())
                    .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{origin}/"))?);
                if let Some(Session::SignedIn { id_token, .. }) = sessions.remove(id) {
                    logout = logout.set_id_token_hint(&id_token);
                }
                Answer::Redirect(logout.http_get_url().into())
            }
            _ => Answer::Page("text/plain", "not found".into()),
        })
    };

    let server = Server::http(format!("localhost:{port}")).map_err(|error| error.to_string())?;
    for request in server.incoming_requests() {
        let url = Url::parse(&origin)?.join(request.url())?;
        let id = session_id(&request).unwrap_or_default();
        let new_id = CsrfToken::new_random().secret().clone();
        let answer = handle(&url, &id, &new_id).unwrap_or_else(|error| Answer::Page("text/plain", error.to_string()));
        // Add Secure in production.
        let cookie = format!("rust_sample={new_id}; Path=/; HttpOnly; SameSite=Lax");
        let renews = matches!(url.path(), "/login" | "/callback");
        let mut response = match answer {
            Answer::Page(kind, text) => Response::from_string(text).with_header(header("Content-Type", &format!("{kind}; charset=utf-8"))),
            Answer::Redirect(target) => Response::from_string("").with_status_code(303).with_header(header("Location", &target)),
        };
        if renews {
            response.add_header(header("Set-Cookie", &cookie));
        }
        request.respond(response)?;
    }
    Ok(())
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("a valid header")
}

fn session_id(request: &Request) -> Option<String> {
    let cookies = request.headers().iter().find(|header| header.field.equiv("Cookie"))?;
    let found = cookies.value.as_str().split("; ").find_map(|pair| pair.strip_prefix("rust_sample="))?;
    Some(found.to_owned())
}
