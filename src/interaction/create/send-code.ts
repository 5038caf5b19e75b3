// ⑤: mails a code to an address. If the address has an ID already, its owner gets a mail that says so instead. The page looks the
// same.
import { createHash, randomUUID } from 'node:crypto';
import { idDisabledMail } from '../../authentication/disabled-id.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { issueCodeForNewAddress, type CodeSlot } from '../../authentication/one-time-code/issue-code.ts';
import type { Deps } from '../../deps.ts';
import { isDisabledByOperator } from '../../domain/disabled-account.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import type { InteractionContext } from '../interaction-context.ts';

type Address = { email: string; canonical: string };

/** @throws {PageError} `too_many_requests` if the address or the network has requested too many codes */
export type MailCode = (ctx: InteractionContext, address: Address) => Promise<void>;

/** Makes the function that mails a code within the limits, see `createCodeLimits`. */
export function createMailCode(deps: Pick<Deps, 'storage' | 'clock' | 'config' | 'jobs' | 'emit'>): MailCode {
  const codeLimits = createCodeLimits(deps);
  return async function mailCode(ctx, address) {
    await codeLimits.count(ctx.ip, address.canonical, voucherOf(ctx, address));
    const { interaction, language } = ctx.state;
    const loginUrl = String(interaction.client.metadata.client_uri ?? deps.config.issuer);
    const key = `mail:${randomUUID()}`;
    await issueCodeForNewAddress(deps, codeSlot(interaction.uid, address.canonical), {
      withCode: async (values) =>
        deps.jobs.enqueue('send_mail', key, { to: address.email, template: 'email-code', language, values }),
      toOwner: async (owner) => {
        const { email } = owner;
        const exists = { template: 'id-exists' as const, language, values: { email, loginUrl } };
        const mail = isDisabledByOperator(owner) ? idDisabledMail(owner, language) : exists;
        return deps.jobs.enqueue('send_mail', key, { to: email, ...mail });
      },
    });
  };
}

/**
 * Returns the legacy identity that the address came with. The legacy site vouches for the person, so the codes are counted for
 * the identity and strangers cannot use them up.
 */
export function voucherOf(ctx: InteractionContext, address: Pick<Address, 'canonical'>): string | undefined {
  const { legacy } = ctx.state.interaction;
  const handedOver = legacy?.profile.email === undefined ? undefined : parseEmail(legacy.profile.email);
  if (!legacy || !handedOver?.ok || handedOver.canonical !== address.canonical) return undefined;
  return `${legacy.client_id}:${legacy.profile.legacy_id}`;
}

/**
 * Returns the slot of an interaction's registration code for an address. Another interaction, in another browser, cannot use the
 * code. A new code for one address does not invalidate the code of another.
 */
export function codeSlot(uid: string, canonicalEmail: string): CodeSlot {
  return {
    purpose: 'registration',
    id: `create:${uid}:${createHash('sha256').update(canonicalEmail).digest('base64url')}`,
    address: canonicalEmail,
  };
}
