// Ends the session here and redirects to the common ID, which asks whether to log out there too.
import { getToken } from 'next-auth/jwt';

export default async function logout(req, res) {
  const token = await getToken({ req });
  const query = new URLSearchParams({
    client_id: process.env.CLIENT_ID,
    post_logout_redirect_uri: `${process.env.NEXTAUTH_URL}/`,
    ...(token?.idToken && { id_token_hint: token.idToken }),
  });
  const ended = Object.keys(req.cookies).filter((name) => name.includes('next-auth.session-token'));
  res.setHeader(
    'Set-Cookie',
    ended.map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`),
  );
  res.redirect(303, `${process.env.ISSUER}/session/end?${query}`);
}
