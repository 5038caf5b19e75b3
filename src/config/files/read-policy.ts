// Reads config/policy.json: password rule, rate limits, lifetimes.
import { checkObject } from '../problems/check-object.ts';
import type { FromFiles } from '../config.ts';
import { policySchema } from './policy-schema.ts';
import type { Problem } from '../problems/problem.ts';
import { readJsonFile } from '../problems/read-json-file.ts';
import { checkPolicyLimits } from '../unsafe/check-policy-limits.ts';
import type { Mode } from '../problems/web-url.ts';

const FILE = 'config/policy.json';

export type Policy = Pick<
  FromFiles,
  'passwordPolicy' | 'passwordHash' | 'rateLimits' | 'lifetimes' | 'dealerDeliveryGiveUpAfterSeconds'
>;

/** Reads the policy; says what is wrong and answers `undefined` where it cannot be used. */
export function readPolicy(directory: string, mode: Mode, problems: Problem[]): Policy | undefined {
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return undefined;
  if (mode === 'production') checkPolicyLimits(json, problems);
  const {
    password,
    password_hash: hash,
    rate_limits: limits,
    lifetimes,
    dealer_delivery: delivery,
  } = checkObject(policySchema, json, FILE, problems);
  if (password && password.min_length > password.max_length) {
    const expected = `at most max_length (${password.max_length})`;
    problems.push({ severity: 'error', source: FILE, key: 'password.min_length', expected, found: String(password.min_length) });
  }
  if (lifetimes && lifetimes.grant < lifetimes.refresh_token) {
    const expected = `at least refresh_token (${lifetimes.refresh_token}): without its grant a refresh token is worth nothing`;
    problems.push({ severity: 'error', source: FILE, key: 'lifetimes.grant', expected, found: String(lifetimes.grant) });
  }
  if (lifetimes && lifetimes.session_absolute < lifetimes.session) {
    const expected = `at least session (${lifetimes.session}): a session that ends before that is never idle for so long`;
    const found = String(lifetimes.session_absolute);
    problems.push({ severity: 'error', source: FILE, key: 'lifetimes.session_absolute', expected, found });
  }
  if (!password || !hash || !limits || !lifetimes || !delivery) return undefined;
  return {
    passwordPolicy: { minLength: password.min_length, maxLength: password.max_length, symbols: password.symbols },
    passwordHash: {
      concurrency: hash.concurrency,
      queueLimit: hash.queue_limit,
      perMinute: { source: hash.per_minute.address, account: hash.per_minute.account, draft: hash.per_minute.draft },
    },
    rateLimits: {
      login: {
        failuresPerAccount: limits.login.failures_per_account,
        failuresPerAddress: limits.login.failures_per_address,
        failuresPerNetwork: limits.login.failures_per_network,
        windowSeconds: limits.login.window_seconds,
      },
      emailCode: {
        perMailboxPerHour: limits.email_code.per_mailbox_per_hour,
        unprovenPerAddressPerHour: limits.email_code.unproven_per_address_per_hour,
        unprovenPerNetworkPerHour: limits.email_code.unproven_per_network_per_hour,
        overallPerHour: limits.email_code.overall_per_hour,
        quietSharePercent: limits.email_code.quiet_share_percent,
        shortTriesPerMailboxPerDay: limits.email_code.short_tries_per_mailbox_per_day,
        resendAfterSeconds: limits.email_code.resend_after_seconds,
      },
      legacyHandOver: { perClientPerMinute: limits.legacy_hand_over.per_client_per_minute },
    },
    lifetimes: {
      session: lifetimes.session,
      sessionAbsolute: lifetimes.session_absolute,
      interaction: lifetimes.interaction,
      accessToken: lifetimes.access_token,
      idToken: lifetimes.id_token,
      refreshToken: lifetimes.refresh_token,
      grant: lifetimes.grant,
    },
    dealerDeliveryGiveUpAfterSeconds: delivery.give_up_after_seconds,
  };
}
