// A website with Express and Auth.js whose customers sign in with the common ID.
import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3999' } = process.env;
const origin = `http://localhost:${PORT}`;

// #region settings
const auth = {
  providers: [
    {
      id: 'common-id',
      name: 'TOYOTA/LEXUS common ID',
      type: 'oidc',
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: 'openid profile email' } },
      client: { id_token_signed_response_alg: 'ES256' },
      checks: ['pkce', 'state', 'nonce'],
    },
  ],
  callbacks: {
    // Without a database Auth.js makes up an id for each login: take the common ID's `sub`.
    jwt: ({ token, account, profile }) => (account ? { ...token, sub: profile.sub } : token),
    session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
  },
  secret: process.env.AUTH_SECRET ?? 'only-for-development-0123456789abcdef',
  // For your own host names behind a proxy, and for http://localhost.
  trustHost: true,
};
// #endregion

const app = express();
app.use(/^\/auth\/(.*)/, ExpressAuth(auth));

app.get('/', async (request, response) => {
  const session = await getSession(request, { ...auth, basePath: '/auth' });
  if (!session) return response.send('<a href="/auth/signin">Sign in</a>');
  return response.json(session.user);
});

// Ends the session here and redirects to the common ID, which asks whether to log out there too.
app.get('/logout', (request, response) => {
  const secure = origin.startsWith('https:');
  response.clearCookie(`${secure ? '__Secure-' : ''}authjs.session-token`, { secure });
  const query = new URLSearchParams({ client_id: CLIENT_ID, post_logout_redirect_uri: `${origin}/` });
  response.redirect(303, `${ISSUER}/session/end?${query}`);
});

app.listen(Number(PORT), 'localhost', () => console.log(`Open ${origin}`));
