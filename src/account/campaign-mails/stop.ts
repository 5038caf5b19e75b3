// Notes that an address gets no more mails of the campaign.
import type { Deps } from '../../deps.ts';
import type { MailOfWave, StopReason } from '../../domain/campaign-mail.ts';
import { NEVER } from '../../domain/epoch-milliseconds.ts';

/** Stops the mails to an address for good. The first reason stays. Idempotent. */
export async function stopMails(
  { storage, clock, emit }: Pick<Deps, 'storage' | 'clock' | 'emit'>,
  { wave, address }: MailOfWave,
  reason: StopReason,
): Promise<void> {
  const { changed } = await storage.mailStops.change(address, (standing) =>
    standing ? undefined : { reason, wave, at: clock(), expires_at: NEVER },
  );
  if (changed) emit('campaign.mails_stopped', { reason });
}
