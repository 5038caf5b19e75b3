// Reads config/policy.json: password rule, rate limits, lifetimes.
import type { z } from 'zod';
import { checkObject } from '../problems/check-object.ts';
import type { Problem } from '../problems/problem.ts';
import { readJsonFile } from '../problems/read-json-file.ts';
import { camelKeys, type CamelKeys } from './camel-keys.ts';
import { checkPolicyLimits } from './check-policy-limits.ts';
import type { FileContext } from './file-context.ts';
import { policySchema } from './policy-schema.ts';

const FILE = 'config/policy.json';

type PolicyFile = Omit<z.output<typeof policySchema>, '$schema'>;

/** The policy values of policy-schema.ts, with names in camel case. */
export type Policy = CamelKeys<Omit<PolicyFile, 'password'>> & { passwordPolicy: CamelKeys<PolicyFile['password']> };

/** Reads the policy; reports mistakes and returns `undefined` if it cannot be used. */
export function readPolicy(
  { directory, mode }: Pick<FileContext, 'directory' | 'mode'>,
  problems: Problem[],
): Policy | undefined {
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return undefined;
  if (mode === 'production') checkPolicyLimits(json, FILE, problems);
  const mistakes: Problem[] = [];
  const { $schema: _, ...values } = checkObject(policySchema, json, FILE, mistakes);
  checkTogether(values, mistakes);
  problems.push(...mistakes);
  if (mistakes.length > 0) return undefined;
  // The cast is safe: without a mistake every value is present.
  const { password, ...others } = camelKeys(values as PolicyFile);
  return { passwordPolicy: password, ...others };
}

/** Checks values that depend on each other. */
function checkTogether({ password, lifetimes }: Partial<PolicyFile>, problems: Problem[]): void {
  const report = (key: string, expected: string, found: number): void => {
    problems.push({ severity: 'error', source: FILE, key, expected, found: String(found) });
  };
  if (password && password.min_length > password.max_length)
    report('password.min_length', `at most max_length (${password.max_length})`, password.min_length);
  if (!lifetimes) return;
  const { grant, refresh_token: refreshToken, session, session_absolute: sessionAbsolute } = lifetimes;
  if (grant < refreshToken)
    report('lifetimes.grant', `at least refresh_token (${refreshToken}): a refresh token is useless without its grant`, grant);
  if (sessionAbsolute < session)
    report(
      'lifetimes.session_absolute',
      `at least session (${session}): a session cannot be idle for longer than it lasts`,
      sessionAbsolute,
    );
}
