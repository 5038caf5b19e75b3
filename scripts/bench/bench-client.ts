// The client app of the benchmarks, registered with both providers in the same way.
export const BENCH_CLIENT = {
  client_id: 'bench',
  client_secret: 'bench-secret-0123456789abcdef0123456789',
  redirect_uri: 'http://127.0.0.1:9/callback',
  scope: 'openid profile email offline_access',
} as const;

/** Both check the password with bcrypt at this cost: its own time must not hide the rest. */
export const STUB_HASH_COST = 4;

export const PERSON = { email: 'yamada@example.jp', password: 'Common-2026' };
