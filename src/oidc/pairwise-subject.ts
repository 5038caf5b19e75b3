// The subject by which a client with `subject_type: pairwise` knows a person (OpenID Connect Core 1.0, section 8.1).
import { createHmac, type KeyObject } from 'node:crypto';

/** Another one for each sector; none tells the account's id. */
export function pairwiseSubject(
  key: KeyObject,
  accountId: string,
  client: { sectorIdentifier?: string | undefined; clientId: string },
): string {
  return createHmac('sha256', key)
    .update(`pairwise:${client.sectorIdentifier ?? client.clientId}:${accountId}`)
    .digest('base64url');
}
