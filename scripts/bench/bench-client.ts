// The client app and the people of the benchmarks, used for both providers.
export const BENCH_CLIENT = {
  client_id: 'bench',
  client_secret: 'Qz7mVb3kX9wLr2Tn8Hd5Fs1Gj6Yc4Pa0Ue',
  redirect_uri: 'https://bench.example.jp/callback',
  /** The requested scopes. */
  scope: 'openid profile email offline_access',
} as const;

/** The issuer of both providers, behind a proxy that terminates TLS as in production. The benchmark plays the proxy. */
export const ISSUER = 'https://id.example.jp';

/** A resource whose access tokens are JWTs. */
export const DEALER_SYSTEM = 'https://dealer.example.jp';
export const JWT_RESOURCE = { resource: `${DEALER_SYSTEM}/dealers/aichi-toyota`, scope: 'booking' } as const;

/** These people log in one after the other. */
export const PEOPLE = Array.from({ length: 100 }, (_, n) => `person-${n}@example.jp`);
export const PASSWORD = 'Common-2026';
/** Our default cost of bcrypt. */
export const HASH_COST = 12;
