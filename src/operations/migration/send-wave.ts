// Job that sends the mails of a wave: one run sends those that are due, and the job comes back when the next one is. One process at a time has it. A
// mail is noted at the person before it is sent, so that nobody gets it twice: not after a crash, and not from two processes.
import type { Deps } from '../../deps.ts';
import { addressId, messageIdOf, stopTokenOf } from '../../domain/campaign-mail.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { createLegacyUserIds, type LegacyUserIds } from '../../domain/legacy-user-ids.ts';
import type { Mail } from '../../domain/mails.ts';
import type { LegacyUser, WaveMail } from '../../domain/population.ts';
import { claimMail, dueMails, nextOpening, notedMail, paceAt, timeOfNext, whyNotMailed, type Wave } from '../../domain/wave.ts';
import { formatDate } from '../../http/format-time.ts';
import { PostponeJob, type JobHandler } from '../../jobs/runner.ts';
import type { Mailer } from '../../mail/mailer.ts';
import { propertyOf } from '../../property-of.ts';
import { UNSUBSCRIBE_PATH } from '../../account/campaign-mails/unsubscribe.ts';
import { stopMails } from '../../account/campaign-mails/stop.ts';
import { maskedEmail } from '../../account/lost-mailbox/look-up.ts';

export type WaveDeps = Pick<Deps, 'config' | 'clients' | 'storage' | 'clock' | 'emit'>;

const PAGE = 200;
/** How many mails are sent at once. A pause or a stop lets these end. */
const AT_ONCE = 8;
/** When a paused wave is looked at again, and a mail server that takes nothing. */
const [PAUSED_MS, SERVER_AWAY_MS] = [5_000, 30_000];
/** A run ends after so many people, so that the lease is short and others get their turn. */
const MOST_SEEN = 5_000;
/** nodemailer's errors before the mail was handed over. */
const NOT_SENT = ['ECONNECTION', 'ECONNREFUSED', 'EDNS', 'ETLS', 'EAUTH', 'ENOAUTH'];

type MailOutcome = NonNullable<WaveMail['outcome']>;
/** `skipped`: the person moved meanwhile, or another process mails them. */
type Outcome = MailOutcome | 'skipped';

/** Creates the handler. */
export function createSendWave(mailer: Pick<Mailer, 'send'>, deps: WaveDeps): JobHandler<{ wave: string }> {
  const { storage, clock } = deps;
  const ids = createLegacyUserIds(deps.config.keys);

  return {
    // A campaign takes weeks.
    giveUpAfterMs: Number.POSITIVE_INFINITY,
    async run({ wave: id }, _job, signal) {
      for (let seen = 0; seen < MOST_SEEN && !signal.aborted;) {
        const wave = await storage.waves.find(id);
        if (!wave || ['stopped', 'done'].includes(wave.state)) return;
        const now = clock();
        if (wave.state !== 'running') throw new PostponeJob(now + PAUSED_MS, 'the wave is paused');
        const opening = nextOpening(wave, now);
        if (opening > now) throw new PostponeJob(opening, 'the hours of the wave begin then');
        const pace = paceAt(wave, now);
        const due = Math.min(dueMails(pace, wave.rate, now), wave.size - wave.taken, AT_ONCE);
        if (due === 0 && wave.taken < wave.size) throw new PostponeJob(timeOfNext(pace, wave.rate), 'the next mail is due then');
        seen += await sendSome(wave, pace, due);
      }
      throw new PostponeJob(clock(), 'it goes on at once');
    },
  };

  /** Sends up to `due` mails, and notes how far the wave has come. @returns how many people were looked at */
  async function sendSome(wave: Wave, pace: NonNullable<Wave['pace']>, due: number): Promise<number> {
    const users = wave.taken < wave.size ? await storage.population.listAfter(wave.after, PAGE) : [];
    const looked: { id: string; had: boolean; chosen: boolean }[] = [];
    for (const user of users) {
      if (looked.filter(({ had, chosen }) => had || chosen).length === due) break;
      // The wave has mailed the person already, and its process died before it noted how far it had come.
      const had = user.mails?.some((mail) => mail.wave === wave.id && mail.outcome !== 'deferred') === true;
      const chosen = whyNotMailed(wave, user, clock()) === undefined && !(await isStopped(deps, ids, user));
      looked.push({ id: user.id, had, chosen });
    }
    const mailed = await Promise.all(
      looked.map(async (one) => ({ ...one, outcome: one.chosen ? await mailOne(wave, one.id) : undefined })),
    );
    // It goes on with the first person who has yet to get the mail.
    const end = mailed.findIndex(({ outcome }) => outcome === 'deferred');
    const passed = end < 0 ? mailed : mailed.slice(0, end);
    const taken = wave.taken + passed.filter(({ had, outcome }) => had || isMail(outcome)).length;
    const mails = pace.mails + mailed.filter(({ outcome }) => isMail(outcome)).length;
    const isDone = taken >= wave.size || (passed.length === users.length && users.length < PAGE);
    await storage.waves.change(wave.id, (standing) => {
      if (!standing || standing.after !== wave.after) return undefined;
      const state = isDone && standing.state === 'running' ? 'done' : standing.state;
      return { ...standing, state, after: passed.at(-1)?.id ?? wave.after, taken, pace: { ...pace, mails } };
    });
    if (mailed.some(({ outcome }) => outcome === 'deferred'))
      throw new PostponeJob(clock() + SERVER_AWAY_MS, 'the mail server takes no mail');
    return Math.max(1, looked.length);
  }

  /** Claims the mail, sends it, and notes what became of it. */
  async function mailOne(wave: Wave, id: string): Promise<Outcome> {
    const claim = await storage.population.change(id, (standing) => claimMail(wave, standing, clock()));
    const email = parseEmail((claim.changed && ids.emailOf(claim.now)) || '');
    if (!email.ok) return 'skipped';
    const outcome = await send(wave, email);
    await storage.population.change(id, (standing) => notedMail(standing, wave.id, outcome));
    deps.emit('mail', {
      template: templateOf(wave),
      outcome: outcome === 'sent' ? 'sent' : outcome === 'deferred' ? 'retried' : 'failed',
    });
    return outcome;
  }

  async function send(wave: Wave, { email, canonical }: { email: string; canonical: string }): Promise<MailOutcome> {
    const of = { wave: wave.id, address: addressId(deps.config.keys.campaignMail, canonical) };
    const stopUrl = stopUrlOf(deps, of, email);
    const { hostname } = new URL(deps.config.issuer);
    const messageId = messageIdOf(deps.config.keys.campaignMail, of, hostname);
    try {
      await mailer.send(mailOf(deps, wave, email, stopUrl), { messageId, stopUrl });
      return 'sent';
    } catch (error) {
      const code = Number(propertyOf(error, 'responseCode') ?? 0);
      // A recipient whom the server does not know at all (RFC 5321, section 4.2.1); 552 is a full mailbox.
      if (code >= 500 && code !== 552 && propertyOf(error, 'command') === 'RCPT TO') await stopMails(deps, of, 'bounced');
      if (code >= 500) return 'refused';
      return code >= 400 || NOT_SENT.includes(String(propertyOf(error, 'code'))) ? 'deferred' : 'unknown';
    }
  }
}

const isMail = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && outcome !== 'skipped' && outcome !== 'deferred';

/** Whether the address of a person gets no mails of the campaign, or cannot get any. */
export async function isStopped(
  { config, storage }: Pick<WaveDeps, 'config' | 'storage'>,
  ids: LegacyUserIds,
  user: LegacyUser,
): Promise<boolean> {
  const email = parseEmail(ids.emailOf(user) ?? '');
  return !email.ok || (await storage.mailStops.find(addressId(config.keys.campaignMail, email.canonical))) !== undefined;
}

const templateOf = ({ kind }: Pick<Wave, 'kind'>) => (kind === 'invitation' ? 'migration-invitation' : 'migration-reminder');

function stopUrlOf({ config }: Pick<WaveDeps, 'config'>, of: { wave: string; address: string }, email: string): string {
  const token = stopTokenOf(config.keys.campaignStop, { ...of, shown: maskedEmail(email) });
  return `${config.issuer}${UNSUBSCRIBE_PATH}?token=${encodeURIComponent(token)}`;
}

/** Makes the mail of a wave. */
export function mailOf(
  { clients }: Pick<WaveDeps, 'clients'>,
  wave: Pick<Wave, 'kind' | 'client_id' | 'language' | 'ends' | 'url'>,
  to: string,
  stopUrl: string,
): Mail<'migration-invitation' | 'migration-reminder'> {
  const { language, ends, url } = wave;
  const serviceName = clients.find(wave.client_id)?.name[language] ?? wave.client_id;
  return { to, template: templateOf(wave), language, values: { serviceName, ends: formatDate(ends, language), url, stopUrl } };
}
