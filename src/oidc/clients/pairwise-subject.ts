// The subject by which a client with `subject_type: pairwise` knows a person (OpenID Connect Core 1.0, section 8.1).
import { createHmac, type KeyObject } from 'node:crypto';

type Client = { sectorIdentifier?: string | undefined; clientId: string };

/** Clients of one sector share a person's subject. A client without a sector identifier is its own sector. */
export function sectorOf({ sectorIdentifier, clientId }: Client): string {
  return sectorIdentifier ?? clientId;
}

/** Another one for each sector; none tells the account's id. */
export function pairwiseSubject(key: KeyObject, accountId: string, client: Client): string {
  return createHmac('sha256', key)
    .update(`pairwise:${sectorOf(client)}:${accountId}`)
    .digest('base64url');
}
