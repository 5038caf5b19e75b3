// ⑤: mails a code to an address – or, where the address has an ID already, a mail that says so. The page cannot tell which.
import { createHash, randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { codeHmac, EMAIL_CODE_LIFETIME_MS, formatCode } from '../../authentication/one-time-code/email-code.ts';
import { createAllCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { drawCodeFor } from '../../authentication/one-time-code/code-tries.ts';
import type { InteractionContext } from '../interaction-context.ts';

type Address = { email: string; canonical: string };

/** @throws {PageError} `too_many_requests`, where the address or the network has asked too often */
export type MailCode = (ctx: InteractionContext, address: Address) => Promise<void>;

/** Mails codes, so many an hour to one address and for one network. */
export function createMailCode(deps: SendCodeDeps): MailCode {
  const codeLimits = createAllCodeLimits(deps);
  return async function mailCode(ctx, address) {
    await codeLimits.count(ctx.ip, address.canonical, voucherOf(ctx, address));
    const { interaction, language } = ctx.state;
    await sendCode(deps, interaction.uid, address, {
      language,
      loginUrl: String(interaction.client.metadata.client_uri ?? deps.config.issuer),
    });
  };
}

/** The legacy identity that the address came with: the legacy site vouches for the person, so strangers cannot use up its codes. */
export function voucherOf(ctx: InteractionContext, address: Pick<Address, 'canonical'>): string | undefined {
  const { legacy } = ctx.state.interaction;
  const handedOver = legacy?.profile.email === undefined ? undefined : parseEmail(legacy.profile.email);
  if (!legacy || !handedOver?.ok || handedOver.canonical !== address.canonical) return undefined;
  return `${legacy.client_id}:${legacy.profile.legacy_id}`;
}

type SendCodeDeps = Pick<Deps, 'storage' | 'clock' | 'config' | 'jobs'>;

/**
 * The slot of an interaction's registration code for an address: another browser, with another interaction, cannot use it, and a code that
 * is mailed to one address does not kill the one that was mailed to another.
 */
export function codeSlot(uid: string, canonicalEmail: string): string {
  return `create:${uid}:${createHash('sha256').update(canonicalEmail).digest('base64url')}`;
}

/**
 * Puts a mail on its way and its code into the interaction's slot (the older one dies).
 * For an address that is taken the slot gets a value that no code matches: same writes, same time, same page.
 */
async function sendCode(
  deps: SendCodeDeps,
  uid: string,
  address: Address,
  mail: { language: string; loginUrl: string },
): Promise<void> {
  const slot = codeSlot(uid, address.canonical);
  const owner = await deps.storage.accounts.findByEmail(address.canonical);
  const code = await drawCodeFor(deps, address.canonical);
  // The mail first: where the press ends in between, the slot is empty and the next press sends another one.
  await deps.jobs.enqueue('send_mail', `mail:${randomUUID()}`, {
    language: mail.language,
    ...(owner
      ? { to: owner.email, template: 'id-exists', values: { email: owner.email, loginUrl: mail.loginUrl } }
      : {
          to: address.email,
          template: 'email-code',
          values: { code: formatCode(code), minutes: EMAIL_CODE_LIFETIME_MS / 60_000 },
        }),
  });
  // The time comes after the mail's: of two presses at once the code of the newest mail is the youngest, and stays in the slot.
  const now = deps.clock();
  await deps.storage.emailCodes.put({
    id: slot,
    code_hmac: owner ? `none:${randomUUID()}` : codeHmac(deps.config.keys.emailCode, slot, address.canonical, code),
    email_canonical: address.canonical,
    attempts: 0,
    sent_at: now,
    expires_at: now + EMAIL_CODE_LIFETIME_MS,
  });
}
