// Computes the subject for clients with `subject_type: pairwise` (OpenID Connect Core 1.0, section 8.1).
import { createHmac, type KeyObject } from 'node:crypto';

type Client = { sectorIdentifier?: string | undefined; clientId: string };

/**
 * Returns the sector of a client. Clients of one sector share a person's subject; a client without a sector identifier is its own
 * sector.
 */
export function sectorOf({ sectorIdentifier, clientId }: Client): string {
  return sectorIdentifier ?? clientId;
}

/** Returns the subject of an account for a client's sector. It differs by sector and does not reveal the account's id. */
export function pairwiseSubject(key: KeyObject, accountId: string, client: Client): string {
  return createHmac('sha256', key)
    .update(`pairwise:${sectorOf(client)}:${accountId}`)
    .digest('base64url');
}
