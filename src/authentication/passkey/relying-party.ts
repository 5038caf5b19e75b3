// The common ID as a WebAuthn Relying Party, and the library that verifies the answers of authenticators.
import type { Deps } from '../../deps.ts';

/** COSE identifiers, best first: EdDSA, ES256, RS256. */
export const ALGORITHMS = [-8, -7, -257];

export type RelyingParty = {
  /** The RP ID: the host name of ISSUER. */
  id: string;
  /** The origins whose pages may use the passkeys. The first one is ISSUER. */
  origins: string[];
};

/** Returns the Relying Party. */
export function relyingParty({ config }: Pick<Deps, 'config'>): RelyingParty {
  return { id: new URL(config.issuer).hostname, origins: [config.issuer, ...config.passkeyOrigins] };
}

/** Loads the library at its first use, because it is large and most processes of a test or a command never need it. */
export const loadLibrary = async (): Promise<typeof import('@simplewebauthn/server')> => import('@simplewebauthn/server');
