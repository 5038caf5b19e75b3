// Ends the session here and redirects to the common ID, which asks whether to log out there too.
import { redirect } from 'next/navigation';
import { signOut } from '../../auth.js';

export async function GET() {
  await signOut({ redirect: false });
  const query = new URLSearchParams({ client_id: process.env.CLIENT_ID, post_logout_redirect_uri: `${process.env.AUTH_URL}/` });
  redirect(`${process.env.ISSUER}/session/end?${query}`);
}
