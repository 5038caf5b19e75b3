// A public client of the common ID on a person's own machine, built on openid-client: no secret, and tokens that are bound to a key (DPoP,
// RFC 9449). The key and the refresh token are kept in files that only this user can read. The refresh token is useless without the key.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { loadClientKey } from '../../src/apps/client-key.ts';

/** The time before its expiry at which an access token is renewed. */
const EARLY_MS = 30_000;

const keptSignIn = z.object({ sub: z.string(), refresh_token: z.string(), id_token: z.string() });
type KeptSignIn = z.infer<typeof keptSignIn>;
export type TokenAnswer = Awaited<ReturnType<typeof oidc.refreshTokenGrant>>;

export type NativeClient = {
  config: oidc.Configuration;
  /** Proves the possession of the key. Pass it with every request for tokens. */
  proof(): oidc.DPoPOptions;
  /** Whether somebody is signed in, perhaps since an earlier start. */
  isSignedIn(): boolean;
  /** Names the person in another request (`id_token_hint`), so that nobody else answers it; `undefined` if nobody is signed in. */
  idToken(): string | undefined;
  /** Stores the tokens that a token request has returned. */
  keep(answer: TokenAnswer): void;
  /** Milliseconds until the access token should be renewed. */
  renewIn(): number;
  /**
   * Gets new tokens. With a resource (RFC 8707), returns an access token for it, and does not replace the one for UserInfo.
   * @throws {oidc.ResponseBodyError} `invalid_grant` if the sign-in has ended at the common ID
   */
  renew(resource?: string): Promise<string>;
  /** Returns the claims of the person. */
  userInfo(): Promise<oidc.UserInfoResponse>;
  /** Sends a request with a token of `renew`. */
  fetch(
    accessToken: string,
    url: string,
    request: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Response>;
  /** Revokes the refresh token, and forgets it. @returns the ID token, which names the session to end in the browser */
  signOut(): Promise<string | undefined>;
  /** Forgets a sign-in that has ended. */
  forget(): void;
};

/**
 * Discovers the common ID, and reads the key and the sign-in that are stored in the directory.
 * @throws {Error} if the common ID does not answer
 */
export async function openNativeClient(options: { issuer: string; clientId: string; directory: string }): Promise<NativeClient> {
  const { issuer, clientId, directory } = options;
  const insecure = issuer.startsWith('http:');
  const metadata = { id_token_signed_response_alg: 'ES256', dpop_bound_access_tokens: true };
  const config = await oidc.discovery(new URL(issuer), clientId, metadata, oidc.None(), {
    execute: insecure ? [oidc.allowInsecureRequests] : [],
  });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const key = await loadClientKey(directory, 'dpop-key.json');
  // One handle, because it remembers the nonces that the server asks for.
  const handle = oidc.getDPoPHandle(config, key);
  const proof = (): oidc.DPoPOptions => ({ DPoP: handle });

  const file = join(directory, 'sign-in.json');
  let signIn = readSignIn(file);
  let access: { token: string; endsAt: number } | undefined;

  function keep(answer: TokenAnswer): void {
    const refreshToken = answer.refresh_token ?? signIn?.refresh_token;
    const idToken = answer.id_token ?? signIn?.id_token;
    const sub = answer.claims()?.sub ?? signIn?.sub;
    if (refreshToken === undefined || idToken === undefined || sub === undefined)
      throw new Error('the common ID gave no refresh token or no ID token');
    signIn = { sub, refresh_token: refreshToken, id_token: idToken };
    // If the process dies here, either the old file or the new one remains.
    writeFileSync(`${file}.new`, JSON.stringify(signIn), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  function accept(answer: TokenAnswer): void {
    keep(answer);
    access = { token: answer.access_token, endsAt: Date.now() + (answer.expiresIn() ?? 0) * 1000 };
  }

  function forget(): void {
    signIn = undefined;
    access = undefined;
    rmSync(file, { force: true });
  }

  const standing = (): KeptSignIn => {
    if (!signIn) throw new Error('nobody is signed in');
    return signIn;
  };

  async function renew(resource?: string): Promise<string> {
    const parameters = resource === undefined ? {} : { resource };
    const answer = await oidc.refreshTokenGrant(config, standing().refresh_token, parameters, proof());
    if (resource === undefined) accept(answer);
    else keep(answer);
    return answer.access_token;
  }

  return {
    config,
    proof,
    isSignedIn: () => signIn !== undefined,
    idToken: () => signIn?.id_token,
    keep: accept,
    renewIn: () => Math.max(0, (access?.endsAt ?? 0) - EARLY_MS - Date.now()),
    renew,
    async userInfo() {
      const token = access && access.endsAt > Date.now() ? access.token : await renew();
      return oidc.fetchUserInfo(config, token, standing().sub, proof());
    },
    async fetch(accessToken, url, { method = 'GET', headers, body }) {
      const target = new oidc.Configuration(config.serverMetadata(), clientId);
      if (url.startsWith('http:')) oidc.allowInsecureRequests(target);
      const its = oidc.getDPoPHandle(target, key);
      return oidc.fetchProtectedResource(target, accessToken, new URL(url), method, body, new Headers(headers), { DPoP: its });
    },
    async signOut() {
      const { refresh_token: refreshToken, id_token: idToken } = standing();
      await oidc.tokenRevocation(config, refreshToken);
      forget();
      return idToken;
    },
    forget,
  };
}

function readSignIn(file: string): KeptSignIn | undefined {
  if (!existsSync(file)) return undefined;
  // A file of an older version is ignored; the person signs in again.
  return keptSignIn.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
}

/** Whether the common ID has ended the sign-in: the person has removed this device, or changed the password. */
export function hasEnded(error: unknown): boolean {
  return error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant';
}
