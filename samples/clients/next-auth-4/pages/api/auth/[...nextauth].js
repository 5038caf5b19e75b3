// next-auth 4 in a Next.js app with the pages router.
import NextAuth from 'next-auth';

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;

/** Gets new tokens with the refresh token. next-auth 4 does not do this by itself. */
async function refresh(token) {
  const { token_endpoint } = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();
  const answer = await fetch(token_endpoint, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token.refreshToken }),
  });
  const tokens = await answer.json();
  if (!answer.ok) return { ...token, error: tokens.error };
  return { ...token, expiresAt: Date.now() / 1000 + tokens.expires_in, refreshToken: tokens.refresh_token ?? token.refreshToken };
}

// #region settings
export const options = {
  providers: [
    {
      id: 'common-id',
      name: 'TOYOTA/LEXUS common ID',
      type: 'oauth',
      wellKnown: `${ISSUER}/.well-known/openid-configuration`,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: 'openid profile email offline_access' } },
      client: { id_token_signed_response_alg: 'ES256' },
      checks: ['pkce', 'state', 'nonce'],
      // The ID token is checked; the claims about the person are read from UserInfo.
      idToken: true,
      userinfo: { request: async ({ client, tokens }) => client.userinfo(tokens) },
      profile: ({ sub, name, email }) => ({ id: sub, name, email }),
    },
  ],
  callbacks: {
    async jwt({ token, account }) {
      if (account)
        return { ...token, idToken: account.id_token, refreshToken: account.refresh_token, expiresAt: account.expires_at };
      // A minute before it expires.
      return token.expiresAt - 60 > Date.now() / 1000 ? token : refresh(token);
    },
  },
};
// #endregion

export default NextAuth(options);
