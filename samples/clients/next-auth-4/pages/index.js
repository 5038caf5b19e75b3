import { getServerSession } from 'next-auth/next';
import { options } from './api/auth/[...nextauth].js';

export async function getServerSideProps({ req, res }) {
  return { props: { user: (await getServerSession(req, res, options))?.user ?? null } };
}

export default function Home({ user }) {
  if (!user) return <a href="/api/auth/signin">Sign in</a>;
  return (
    <p>
      {user.name} {user.email} <a href="/api/logout">Log out</a>
    </p>
  );
}
