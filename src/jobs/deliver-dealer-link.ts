// Job: tell a dealer that a customer has linked their ID until the dealer has accepted.
import type { Deps } from '../deps.ts';
import { accepted, CONSENT_RECEIPT_LIFETIME_SECONDS, failed, type DealerLink } from '../domain/dealer-link.ts';
import { dealerSubject } from '../domain/dealer-subject.ts';
import type { Account } from '../domain/account.ts';
import type { Dealer } from '../config/config.ts';
import type { DealerBreaker } from './dealer-breaker.ts';
import { HopelessJob, type JobHandler } from './runner.ts';
import { tellDealer } from './tell-dealer.ts';

type DeliverDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'keys' | 'jobs'>;

export function createDeliverDealerLink(deps: DeliverDeps, breaker: DealerBreaker): JobHandler {
  const { config, storage } = deps;

  const change = async (
    linkId: string,
    to: (link: DealerLink, now: number) => DealerLink,
    type: string,
  ): Promise<DealerLink | undefined> => {
    const outcome = await storage.dealerLinks.change(linkId, (link) => {
      const next = link && to(link, deps.clock());
      return next && { to: next, type, data: { dealer: next.dealer } };
    });
    return outcome.changed ? outcome.now : undefined;
  };

  /** One mail for one outcome: `version` tells a second failure of the same consent from the first. */
  const tell = async (link: DealerLink, template: 'dealer-link-done' | 'dealer-link-failed'): Promise<void> => {
    const account = await storage.accounts.find(link.account_id);
    const dealer = config.dealers.find(({ code }) => code === link.dealer);
    if (!account || !dealer) return;
    const language = account.language === 'en' ? 'en' : 'ja';
    await deps.jobs.enqueue('send_mail', `mail:${template}:${link.id}:${link.version}`, {
      to: account.email,
      template,
      language,
      values: { dealerName: dealer.name[language] },
    });
  };

  return {
    giveUpAfterMs: config.dealerDeliveryGiveUpAfterSeconds * 1000,
    async run(payload, _job, signal) {
      const link = await storage.dealerLinks.find(String(payload.link_id));
      // Taken back before it was told: the withdrawal's own job says so to the dealer.
      if (!link || link.status === 'withdrawn') return;
      // Accepted before, by a process that died before it could say so; the mail is one.
      if (link.status === 'active') return tell(link, 'dealer-link-done');
      const [account, dealer] = [
        await storage.accounts.find(link.account_id),
        config.dealers.find(({ code }) => code === link.dealer),
      ];
      if (!account || !dealer) throw new HopelessJob('the account or the dealer is gone');
      await breaker.call(dealer.resource, async () =>
        tellDealer(deps, { method: 'PUT', link, dealer, body: await bodyOf(deps, link, dealer, account), signal }),
      );
      const active = await change(link.id, accepted, 'dealer_link.accepted');
      if (active) return tell(active, 'dealer-link-done');
      // Taken back while the dealer was told: the withdrawal may have got there first.
      if ((await storage.dealerLinks.find(link.id))?.status === 'withdrawn') {
        await tellDealer(deps, { method: 'DELETE', link, dealer, signal });
      }
    },
    async gaveUp(payload) {
      const link = await change(String(payload.link_id), failed, 'dealer_link.failed');
      if (link) await tell(link, 'dealer-link-failed');
    },
  };
}

async function bodyOf(deps: DeliverDeps, link: DealerLink, dealer: Dealer, account: Account): Promise<Record<string, unknown>> {
  const { config, keys, clock } = deps;
  const sub = dealerSubject(config.keys.subject, dealer.code, account.id);
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
      email: account.email,
      phone_number: profile.phone_number,
      address: profile.address,
      birthdate: profile.birthdate,
    },
    customer_number: link.customer_number,
    vehicles: link.vehicles ?? [],
    consent_receipt: receipt,
  };
}
