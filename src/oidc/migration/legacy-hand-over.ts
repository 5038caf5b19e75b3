// Accepts `legacy_profile`: the profile that a legacy site hands over in a pushed authorization request (RFC 9126).
import { isDeepStrictEqual } from 'node:util';
import { errors, type Client as ProviderClient, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { startMigration, withHandOver } from '../../domain/migration.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';
import { followHandOver } from '../../jobs/follow-migration.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';
import { countRequest } from '../count-request.ts';
import { createClientKeySets } from '../clients/client-keys.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  findHandOverMistakes,
  MAY_NOT_HAND_OVER,
  type HandOver,
  type HandOverFrom,
} from './find-hand-over-mistakes.ts';

/** The lifetime of a stored profile, which is also that of the draft that it prefills. A request that takes longer keeps it. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** The prefix of a reference to a stored profile. The reference replaces the JWT in the request. */
const REFERENCE_PREFIX = 'handed-over:';

const refuse = (sentence: string): never => {
  throw new errors.InvalidRequest(`legacy_profile: ${sentence}`);
};

/**
 * Finds the profile that was handed over in a request.
 * @param reference the request's parameter `legacy_profile`
 * @returns `undefined` if there is none
 */
export async function findLegacyProfile(
  reference: unknown,
  legacyProfiles: Deps['storage']['legacyProfiles'],
): Promise<StoredLegacyProfile | undefined> {
  if (typeof reference !== 'string' || !reference.startsWith(REFERENCE_PREFIX)) return undefined;
  return legacyProfiles.find(reference.slice(REFERENCE_PREFIX.length));
}

/**
 * Keeps the profile of a request at least as long as the request.
 * @param reference the request's parameter `legacy_profile`
 */
export async function keepLegacyProfile(
  reference: unknown,
  legacyProfiles: Deps['storage']['legacyProfiles'],
  until: EpochMilliseconds,
): Promise<void> {
  const stored = await findLegacyProfile(reference, legacyProfiles);
  if (!stored || stored.expires_at >= until) return;
  await legacyProfiles.change(
    stored.id,
    (standing) => standing && { ...standing, expires_at: Math.max(standing.expires_at, until) },
  );
}

/**
 * Makes the check of a hand-over. It stores the profile and replaces the JWT in the request with a reference, so that the JWT is
 * never stored. The check throws `invalid_request`, with a hint for the client's developer, if the hand-over is not acceptable,
 * and 429 above the limit.
 */
export function createLegacyHandOver(
  deps: Pick<Deps, 'clients' | 'config' | 'storage' | 'clock' | 'keys' | 'log' | 'emit' | 'jobs'>,
) {
  const keySetOf = createClientKeySets();
  const countHandOver = createHandOverLimit(deps);
  return async function acceptLegacyProfile(
    ctx: KoaContextWithOIDC,
    value: string | undefined,
    client: ProviderClient,
  ): Promise<void> {
    if (value === undefined) return;
    if (ctx.oidc.entities.PushedAuthorizationRequest && ctx.oidc.route !== 'pushed_authorization_request') {
      // Without the profile, the person would go through the request and not be migrated.
      if (!(await findLegacyProfile(value, deps.storage.legacyProfiles))) refuse('it has expired; push the request again');
      return;
    }
    if (ctx.oidc.route !== 'pushed_authorization_request') {
      refuse('send it in a pushed authorization request (RFC 9126); it is not accepted in a browser');
    }
    // oidc-provider keeps a signed request as it is, and with it the profile.
    if (ctx.oidc.body?.request !== undefined) refuse('it is not accepted inside a signed request (request)');
    const registered = deps.clients.find(client.clientId);
    const keySet = registered && keySetOf(registered);
    if (!registered?.legacyImport || !keySet) return refuse(MAY_NOT_HAND_OVER);
    await countHandOver(ctx, client.clientId);

    const { config, keys } = deps;
    const handOver = await openHandOver(value, { clientId: client.clientId, keySet, config, keys, now: deps.clock() });
    const { profile, dropped } = handOver;
    if (dropped.length) {
      deps.log.warn({ client_id: client.clientId, dropped }, 'claims of a legacy profile were left out');
    }
    await useOnce(handOver, client.clientId, deps);

    const id = crypto.randomUUID();
    const expires_at = deps.clock() + KEPT_MS;
    await deps.storage.legacyProfiles.change(id, () => ({ client_id: client.clientId, profile, expires_at }));
    await noteMigration(client.clientId, profile, deps);
    ctx.oidc.params!.legacy_profile = `${REFERENCE_PREFIX}${id}`;
  };
}

/** Makes the function that counts a client's hand-overs. Above the limit it throws 429 and sets Retry-After. */
function createHandOverLimit({ config, storage, clock, emit }: Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>) {
  const limits = { points: config.rateLimits.legacyHandOver.perClientPerMinute, windowSeconds: 60 };
  const limit = createRateLimit('legacy-hand-over', limits, storage.counters, clock);
  return async (ctx: KoaContextWithOIDC, clientId: string): Promise<void> =>
    countRequest(ctx, emit, limit, clientId, `legacy_profile: at most ${limits.points} a minute`);
}

/** @throws {errors.InvalidRequest} with its first mistake */
async function openHandOver(value: string, from: HandOverFrom): Promise<HandOver> {
  const { done, value: found } = await findHandOverMistakes(value, from).next();
  if (!done) return refuse(found.sentence);
  return found ?? refuse('cannot be read');
}

/** @throws {errors.InvalidRequest} if the `jti` was used before, on any node, even in parallel */
async function useOnce({ jti, exp }: HandOver, clientId: string, deps: Pick<Deps, 'storage'>): Promise<void> {
  // Times in a JWT may have fractions (RFC 7519 section 2).
  const until = Math.ceil((exp + CLOCK_TOLERANCE_SECONDS) * 1000);
  const first = await deps.storage.artifacts.insertOnce('ReplayDetection', `legacy_profile:${clientId}:${jti}`, {}, until);
  if (!first) refuse('"jti" was used before');
}

/** Starts the migration, or updates its profile. If the migration is complete, the dealers get the new data. */
async function noteMigration(
  clientId: string,
  profile: StoredLegacyProfile['profile'],
  { storage, clock, jobs }: Pick<Deps, 'storage' | 'clock' | 'jobs'>,
): Promise<void> {
  const { now } = await storage.migrations.change(clientId, profile.legacy_id, (standing) => {
    if (!standing) return { to: startMigration(clientId, profile, clock()), type: 'migration.started' };
    const next = withHandOver(standing, profile);
    return isDeepStrictEqual(standing, next) ? undefined : { to: next, type: 'migration.profile_updated' };
  });
  // Enqueue even if nothing changed, because a process may have died between the two writes. There is one job per version.
  if (now?.account_id !== undefined) await followHandOver(jobs, now);
}
