// Jobs that deliver a customer's link to a dealer until the dealer accepts it, and deliver later changes of the customer's data.
import type { Deps } from '../deps.ts';
import { accept, CONSENT_RECEIPT_LIFETIME_SECONDS, fail, isLive, failUpdate, type DealerLink } from '../domain/dealer-link.ts';
import { customerOf } from '../domain/dealer-subject.ts';
import type { Account } from '../domain/account.ts';
import { addrSpec } from '../domain/canonical-email.ts';
import { languageOf } from '../language.ts';
import { handedOver, type HandedOver } from '../domain/migration.ts';
import type { Dealer } from '../config/config.ts';
import type { Job } from '../storage/storage.ts';
import type { DealerBreaker } from './dealer-breaker.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';
import { tellDealer } from './tell-dealer.ts';

type DeliverDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'keys' | 'jobs' | 'traces'>;

/** The handed-over data usually changes once or twice. Further changes during one delivery are left to the next attempt. */
const MOST_CHANGES = 5;

/** Creates the handlers of `deliver_dealer_link` and `update_dealer_link`. */
export function createDealerLinkDelivery(deps: DeliverDeps, breaker: DealerBreaker): { deliver: JobHandler; update: JobHandler } {
  const { config, storage } = deps;
  const giveUpAfterMs = config.dealerDelivery.giveUpAfterSeconds * 1000;

  const change = async (
    linkId: string,
    to: (link: DealerLink, now: number) => DealerLink,
    type: 'dealer_link.accepted' | 'dealer_link.failed',
  ): Promise<DealerLink | undefined> => {
    const outcome = await storage.dealerLinks.change(linkId, (link) => {
      const next = link && to(link, deps.clock());
      return next && { to: next, type, data: { dealer: next.dealer } };
    });
    return outcome.changed ? outcome.now : undefined;
  };

  /** Sends one mail for each outcome. `version` distinguishes a second failure of the same consent from the first. */
  const tell = async (link: DealerLink, template: 'dealer-link-done' | 'dealer-link-failed'): Promise<void> => {
    const account = await storage.accounts.find(link.account_id);
    const dealer = config.dealers.find(({ code }) => code === link.dealer);
    if (!account || !dealer) return;
    const language = languageOf(account.language);
    await deps.jobs.enqueue('send_mail', `mail:${template}:${link.id}:${link.version}`, {
      to: account.email,
      template,
      language,
      values: { dealerName: dealer.name[language] },
    });
  };

  /**
   * Sends the current state to the dealer, and again if it has changed during the call. If two jobs run in parallel, the one whose call
   * is last checks once more, so that the dealer ends up with the current state.
   */
  const tellAll = async (link: DealerLink, job: Job, signal: AbortSignal): Promise<void> => {
    const [account, dealer] = [
      await storage.accounts.find(link.account_id),
      config.dealers.find(({ code }) => code === link.dealer),
    ];
    if (!account || !dealer) throw new PermanentJobError('the account or the dealer is gone');
    const known = async (): Promise<HandedOver> => handedOver(await storage.migrations.listByAccount(account.id), link);
    let told = await known();
    for (let round = 0; ; round += 1) {
      if (round === MOST_CHANGES) throw new Error('the data changed too often during the delivery');
      const call = `${job.key}:${job.created_at}:${round}`;
      const body = await bodyOf(deps, link, dealer, account, told);
      await breaker.call(dealer.resource, async () => tellDealer(deps, { method: 'PUT', call, link, dealer, body, signal }));
      const now = await known();
      if (JSON.stringify(now) === JSON.stringify(told)) break;
      told = now;
    }
    const active = await change(link.id, accept, 'dealer_link.accepted');
    if (active) return tell(active, 'dealer-link-done');
    // The consent was withdrawn during the call, and the withdrawal may have reached the dealer first.
    if ((await storage.dealerLinks.find(link.id))?.status === 'withdrawn') {
      await tellDealer(deps, { method: 'DELETE', call: `${job.key}:${job.created_at}`, link, dealer, signal });
    }
  };

  /** @param to returns the next state of a link that the dealer did not accept in time */
  const gaveUp = (to: (link: DealerLink, now: number) => DealerLink) => async (payload: Record<string, unknown>) => {
    const link = await change(String(payload.link_id), to, 'dealer_link.failed');
    if (link) await tell(link, 'dealer-link-failed');
  };

  return {
    deliver: {
      giveUpAfterMs,
      async run(payload, job, signal) {
        const link = await storage.dealerLinks.find(String(payload.link_id));
        // Withdrawn before the delivery; the withdrawal's own job tells the dealer.
        if (!link || link.status === 'withdrawn') return;
        // Already accepted; the process died before it completed the job. The mail is still sent only once.
        if (link.status === 'active') return tell(link, 'dealer-link-done');
        await tellAll(link, job, signal);
      },
      gaveUp: gaveUp(fail),
    },
    update: {
      giveUpAfterMs,
      async run(payload, job, signal) {
        const link = await storage.dealerLinks.find(String(payload.link_id));
        // A link that is not live is delivered in full when the person restores it.
        if (link && isLive(link)) await tellAll(link, job, signal);
      },
      gaveUp: gaveUp(failUpdate),
    },
  };
}

async function bodyOf(
  deps: DeliverDeps,
  link: DealerLink,
  dealer: Dealer,
  account: Account,
  { customerNumber, vehicles }: HandedOver,
): Promise<Record<string, unknown>> {
  const { config, keys, clock } = deps;
  const sub = customerOf(link, config.keys.subject);
  const { consent } = link;
  const receipt = await keys.sign(
    'consent-receipt+jwt',
    {
      iss: config.issuer,
      aud: dealer.resource,
      sub,
      link_id: link.id,
      dealer: link.dealer,
      share: consent.share,
      receive: consent.receive,
      text: consent.text,
      given_at: new Date(consent.given_at).toISOString(),
      client_id: consent.client_id,
    },
    CONSENT_RECEIPT_LIFETIME_SECONDS,
    clock(),
  );
  const { profile } = account;
  const joined = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(' ');
  return {
    customer: {
      sub,
      name: joined(profile.family_name, profile.given_name),
      kana: joined(profile.family_name_kana, profile.given_name_kana),
      email: addrSpec(account.email),
      phone_number: profile.phone_number,
      address: profile.address,
      birthdate: profile.birthdate,
    },
    customer_number: customerNumber,
    vehicles,
    consent_receipt: receipt,
  };
}
