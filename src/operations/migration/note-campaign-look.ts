// The event of an operator who looks at a list of legacy users.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';

/** Writes it. Call it before the list is read. @param clientId the client of the legacy site */
export async function noteCampaignLook(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  clientId: string,
  what: 'stuck' | 'reconciliation',
  action: OperatorAction,
): Promise<void> {
  const data = { what, ...action };
  await storage.ledger.append({ type: 'campaign.looked_at', subject: clientId, data, at: clock() }, randomUUID());
}
