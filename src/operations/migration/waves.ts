// What operators do with the waves of the campaign: plan, start, pause, resume and stop them, and see whom they reach.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { WAVE_ID } from '../../domain/campaign-mail.ts';
import { NEVER } from '../../domain/epoch-milliseconds.ts';
import { partsOfKey } from '../../domain/funnel-counts.ts';
import { createLegacyUserIds } from '../../domain/legacy-user-ids.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { acted, whyNotMailed, type NotMailed, type Wave, type WaveAction, type WavePlan } from '../../domain/wave.ts';
import { everyEntry } from '../../storage/every-entry.ts';
import { maskedEmail } from '../../account/lost-mailbox/look-up.ts';
import { isStopped } from './send-wave.ts';

type WaveDeps = Pick<Deps, 'config' | 'clients' | 'storage' | 'clock' | 'jobs'>;

/** What is wrong with a plan: the name of its value. */
export type PlanProblem = 'id' | 'client' | 'segment' | 'size' | 'rate' | 'hours' | 'after_days' | 'ends' | 'url' | 'start';
export type WaveRefusal = 'unknown' | 'exists' | 'state';

const TEXT = /^[^\p{C}]{1,100}$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** A wave of a billion people has no size, and a rate above this is beyond one process. */
const [MOST_PEOPLE, FASTEST] = [1_000_000_000, 6_000];
const PAGE = 500;
const SAMPLES = 5;

/** Checks a plan. @returns the first value that is wrong */
export function checkPlan({ clients }: Pick<Deps, 'clients'>, id: string, plan: WavePlan): PlanProblem | undefined {
  const isWhole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  const home = clients.find(plan.client_id)?.metadata.client_uri;
  const [url, site] = [URL.parse(plan.url), typeof home === 'string' ? URL.parse(home) : null];
  const isDay =
    DAY.test(plan.ends) && !Number.isNaN(Date.parse(plan.ends)) && new Date(plan.ends).toISOString().startsWith(plan.ends);
  const checks: [PlanProblem, boolean][] = [
    ['id', WAVE_ID.test(id)],
    ['client', site !== null],
    ['segment', [plan.segment, plan.dealer].every((text) => text === undefined || TEXT.test(text))],
    ['size', isWhole(plan.size, 1, MOST_PEOPLE)],
    ['rate', isWhole(plan.rate, 1, FASTEST)],
    ['hours', isWhole(plan.from_hour, 0, 23) && isWhole(plan.until_hour, plan.from_hour + 1, 24)],
    ['after_days', isWhole(plan.after_days, 1, 365)],
    ['ends', isDay],
    // A mail of ours must lead to the site of the client and nowhere else.
    ['url', url !== null && url.origin === site?.origin && url.username === '' && url.password === ''],
    ['start', Number.isSafeInteger(plan.start_at) && plan.start_at >= 0],
  ];
  return checks.find(([, isRight]) => !isRight)?.[0];
}

/** Plans a wave. Nothing is sent until it is started. @returns why not */
export async function planWave(
  deps: WaveDeps,
  id: string,
  plan: WavePlan,
  action: OperatorAction,
): Promise<PlanProblem | WaveRefusal | undefined> {
  const problem = checkPlan(deps, id, plan);
  if (problem) return problem;
  await note(deps, id, 'plan', action);
  const fresh = { ...plan, expires_at: NEVER, state: 'planned' as const, after: '', taken: 0 };
  const { changed } = await deps.storage.waves.change(id, (standing) => (standing ? undefined : fresh));
  return changed ? undefined : 'exists';
}

/** Starts, pauses, resumes or stops a wave. Each can be repeated. @returns why not */
export async function changeWave(
  deps: WaveDeps,
  id: string,
  what: WaveAction,
  action: OperatorAction,
): Promise<WaveRefusal | undefined> {
  const standing = await deps.storage.waves.find(id);
  if (!standing) return 'unknown';
  if (!acted(standing, what)) return 'state';
  await note(deps, id, what, action);
  const { now } = await deps.storage.waves.change(id, (wave) => wave && acted(wave, what));
  if (!now || !acted(now, what)) return 'state';
  // The job of a wave lives until the wave has ended; a second one with its key is the same.
  if (now.state === 'running') await deps.jobs.enqueue('send_wave', `send_wave:${id}`, { wave: id }, { again: true });
  return undefined;
}

/** The event is written first: an attempt that comes too late is an attempt, too. */
async function note({ storage, clock }: WaveDeps, subject: string, change: string, action: OperatorAction): Promise<void> {
  await storage.ledger.append({ type: 'wave.changed', subject, data: { change, ...action }, at: clock() }, randomUUID());
}

/** What became of the mails of a wave. `unknown`: it is being sent, or its process died meanwhile; it is not sent again. */
export type WaveMails = Record<'sent' | 'refused' | 'deferred' | 'unknown', number>;

/** Lists all waves with what became of their mails, in order of their ids. */
export async function listWaves({ storage }: Pick<Deps, 'storage'>): Promise<{ wave: Wave; mails: WaveMails }[]> {
  await storage.population.settle();
  const counts = Object.entries(await storage.population.counts()).map(([key, count]) => ({ ...partsOfKey(key), count }));
  const waves: { wave: Wave; mails: WaveMails }[] = [];
  for await (const wave of everyEntry(storage.waves.listAfter, ({ id }: Wave) => id, '', PAGE)) {
    const of = (outcome: string): number =>
      counts.find((one) => one.of === 'mail' && one.what === outcome && one.value === wave.id)?.count ?? 0;
    waves.push({ wave, mails: { sent: of('sent'), refused: of('refused'), deferred: of('deferred'), unknown: of('unknown') } });
  }
  return waves;
}

export type DryRun = {
  /** How many would get the mail now, up to the size of the wave. */
  mailed: number;
  not: Partial<Record<NotMailed, number>>;
  /** The first of them, with masked addresses. */
  samples: { email: string; segment?: string; dealer?: string }[];
};

/** Says who would get the mail of a wave now. Reads every legacy user, and changes nothing. */
export async function dryRun(deps: Pick<Deps, 'config' | 'storage' | 'clock'>, wave: Wave): Promise<DryRun> {
  const ids = createLegacyUserIds(deps.config.keys);
  const found: DryRun = { mailed: 0, not: {}, samples: [] };
  const users = everyEntry(deps.storage.population.listAfter, ({ id }) => id, wave.after, PAGE);
  for await (const user of users) {
    const why = whyNotMailed(wave, user, deps.clock()) ?? ((await isStopped(deps, ids, user)) ? 'stopped' : undefined);
    if (why) {
      found.not[why] = (found.not[why] ?? 0) + 1;
      continue;
    }
    if (wave.taken + found.mailed === wave.size) break;
    found.mailed += 1;
    const { segment, dealer } = user;
    if (found.samples.length < SAMPLES)
      found.samples.push({
        email: maskedEmail(ids.emailOf(user) ?? ''),
        ...(segment !== undefined && { segment }),
        ...(dealer !== undefined && { dealer }),
      });
  }
  return found;
}
