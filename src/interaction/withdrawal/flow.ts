// Takes a withdrawal back.
import type { Deps } from '../../deps.ts';
import { takeWithdrawalBack } from '../../domain/withdrawal.ts';
import { formatTime } from '../../http/format-time.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';

/** Takes the withdrawal of an account back, and mails its owner. Does nothing if it was taken back, or if the erasure has begun. */
export async function takeBack(deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>, accountId: string): Promise<void> {
  await changeAndTell(deps, accountId, 'account.withdrawal_taken_back', (standing) => {
    const to = takeWithdrawalBack(standing);
    if (to === standing) return undefined;
    const language = languageOf(standing.language);
    const values = {
      email: standing.email,
      time: formatTime(deps.clock(), language),
      url: `${deps.config.issuer}/password/forgotten`,
    };
    return { to, mails: [{ to: standing.email, template: 'withdrawal-taken-back', language, values }] };
  });
}
