// A single-page app with oidc-client-ts whose customers sign in with the common ID. It has no server and no secret.
import { UserManager } from 'oidc-client-ts';

const { issuer, clientId } = await (await fetch('/config.json')).json();

// #region settings
const manager = new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  // PKCE (S256) and state are always on. offline_access asks for a refresh token.
  scope: 'openid profile email offline_access',
  // The ID token says who signed in; UserInfo has the claims about the person.
  loadUserInfo: true,
});
// #endregion

const element = (id) => document.getElementById(id);
function show(user) {
  element('sign-in').hidden = Boolean(user);
  element('signed-in').hidden = !user;
  element('claims').textContent = user ? JSON.stringify(user.profile, null, 2) : '';
}
const orTell = (action) => async () => {
  try {
    await action();
  } catch (error) {
    element('error').textContent = error.error ?? error.message;
  }
};

element('sign-in').addEventListener(
  'click',
  orTell(async () => manager.signinRedirect()),
);
// oidc-client-ts also does this by itself, a minute before the access token expires (automaticSilentRenew).
element('refresh').addEventListener(
  'click',
  orTell(async () => show(await manager.signinSilent())),
);
element('sign-out').addEventListener(
  'click',
  orTell(async () => manager.signoutRedirect()),
);

await orTell(async () => {
  if (location.pathname === '/callback') {
    show(await manager.signinRedirectCallback());
    history.replaceState({}, '', '/');
  } else show(await manager.getUser());
})();
