import { auth } from '../auth.js';

export default async function Home() {
  const session = await auth();
  if (!session?.user) return <a href="/api/auth/signin">Sign in</a>;
  return (
    <p>
      {session.user.name} {session.user.email} <a href="/logout">Log out</a>
    </p>
  );
}
