// The names of legacy users in the database: an HMAC instead of the legacy id, and what is encrypted beside it.
import { createHmac, type KeyObject } from 'node:crypto';
import type { LegacyUser } from './population.ts';
import { seal, unseal } from './seal.ts';

/** 128 bits: among a thousand million legacy users no two have the same. */
const ID_BYTES = 16;

export type LegacyUserIds = {
  /** Returns the id of a legacy user. */
  idOf(clientId: string, legacyId: string): string;
  /** Returns the id with what a new record needs beside it. */
  identityOf(clientId: string, legacyId: string): Pick<LegacyUser, 'id' | 'client_id' | 'sealed_legacy_id'>;
  sealEmail(id: string, email: string): string;
  /** Returns a digest of a row of the list, which is the same for the same values. */
  digestOf(values: readonly (string | undefined)[]): string;
  /** @throws {Error} another SUBJECT_KEY encrypted it */
  legacyIdOf(user: LegacyUser): string;
  /** Returns the address for invitations; `undefined` if there is none. @throws {Error} another SUBJECT_KEY encrypted it */
  emailOf(user: LegacyUser): string | undefined;
};

/**
 * Creates the functions.
 * @param keys.legacyUserId for the HMAC
 * @param keys.legacyUser encrypts legacy ids and addresses
 */
export function createLegacyUserIds(keys: { legacyUserId: KeyObject; legacyUser: KeyObject }): LegacyUserIds {
  const digestOf = (values: readonly (string | undefined)[]): string =>
    createHmac('sha256', keys.legacyUserId)
      .update(JSON.stringify(values.map((value) => value ?? null)))
      .digest()
      .subarray(0, ID_BYTES)
      .toString('base64url');
  const idOf = (clientId: string, legacyId: string): string => digestOf([clientId, legacyId]);
  return {
    digestOf,
    idOf,
    identityOf(clientId, legacyId) {
      const id = idOf(clientId, legacyId);
      return { id, client_id: clientId, sealed_legacy_id: seal(keys.legacyUser, `legacy id of ${id}`, legacyId) };
    },
    sealEmail: (id, email) => seal(keys.legacyUser, `address of ${id}`, email),
    legacyIdOf: ({ id, sealed_legacy_id: sealed }) => unseal(keys.legacyUser, `legacy id of ${id}`, sealed),
    emailOf: ({ id, sealed_email: sealed }) =>
      sealed === undefined ? undefined : unseal(keys.legacyUser, `address of ${id}`, sealed),
  };
}
