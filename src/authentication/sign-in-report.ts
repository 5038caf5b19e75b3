// The link in the mail about a new browser, with which the owner reports the sign-in. The token is encrypted and not stored.
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { authTimeOf, type Account, type EpochMilliseconds } from '../domain/account.ts';
import { seal, unseal } from '../domain/seal.ts';
import { REPORT_LIFETIME_MS, type ReportedSignIn } from '../domain/sign-in-report.ts';

export const REPORT_PATH = '/account/sign-in/report';

/** What the token belongs to; a token of another kind does not open it. */
const PURPOSE = 'report of a sign-in';
const LONGEST_TOKEN = 1000;

const reported = z.strictObject({
  account_id: z.string(),
  email: z.string(),
  auth_time: z.number(),
  device: z.string(),
  expires_at: z.number(),
});

/** Makes the link. @param at when the person signed in */
export function reportLink(
  { config }: Pick<Deps, 'config'>,
  account: Account,
  { at, device }: { at: EpochMilliseconds; device: string },
): string {
  const signIn: ReportedSignIn = {
    account_id: account.id,
    email: account.email_canonical,
    auth_time: authTimeOf(account, at),
    device,
    expires_at: at + REPORT_LIFETIME_MS,
  };
  return `${config.issuer}${REPORT_PATH}?token=${seal(config.keys.signInReport, PURPOSE, JSON.stringify(signIn))}`;
}

/** Reads a token. @returns `undefined` if it was not made here, or is too old */
export function readReport({ config, clock }: Pick<Deps, 'config' | 'clock'>, token: string): ReportedSignIn | undefined {
  if (token.length > LONGEST_TOKEN) return undefined;
  try {
    const signIn = reported.parse(JSON.parse(unseal(config.keys.signInReport, PURPOSE, token)));
    return clock() < signIn.expires_at ? signIn : undefined;
  } catch {
    return undefined;
  }
}
