// A website with Express and express-openid-connect whose customers sign in with the common ID.
import express from 'express';
import expressOpenidConnect from 'express-openid-connect';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3999' } = process.env;
const origin = `http://localhost:${PORT}`;

const app = express();
// #region settings
app.use(
  expressOpenidConnect.auth({
    issuerBaseURL: ISSUER,
    baseURL: origin,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    // Encrypts the session cookie.
    secret: process.env.SESSION_SECRET ?? 'only-for-development-0123456789abcdef',
    authorizationParams: { response_type: 'code', scope: 'openid profile email offline_access' },
    idTokenSigningAlg: 'ES256',
    authRequired: false,
    // Logs out of the common ID too.
    idpLogout: true,
    // Exactly as in the client's file. The default has no slash at the end.
    routes: { postLogoutRedirect: `${origin}/` },
    session: { name: 'express_openid_connect_sample' },
  }),
);
// #endregion

// The library adds /login, /callback and /logout.
app.get('/', async ({ oidc }, response) => {
  if (!oidc.isAuthenticated()) return response.send('<a href="/login">Sign in</a>');
  return response.json(await oidc.fetchUserInfo());
});

app.get('/refresh', async ({ oidc }, response) => {
  if (!oidc.isAuthenticated()) return response.redirect('/login');
  // Keeps the new tokens in the session. Call it when `accessToken.isExpired()`.
  await oidc.accessToken.refresh();
  return response.redirect(303, '/');
});

app.listen(Number(PORT), 'localhost', () => console.log(`Open ${origin}`));
