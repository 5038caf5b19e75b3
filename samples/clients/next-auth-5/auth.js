// next-auth 5 (Auth.js) in a Next.js app with the app router.
import NextAuth from 'next-auth';

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;

// #region settings
export const { handlers, auth, signIn, signOut } = NextAuth({
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
  // For your own host names behind a proxy, and for http://localhost.
  trustHost: true,
});
// #endregion
