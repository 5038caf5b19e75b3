// Reads config/operators.json: who may use the operations API.
import { parseEmail } from '../../domain/canonical-email.ts';
import type { Operator } from '../../domain/operator.ts';
import { checkObject, recordsAt } from '../problems/check-object.ts';
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import { readJsonFile } from '../problems/read-json-file.ts';
import type { FileContext } from './file-context.ts';
import { operatorsSchema } from './operators-schema.ts';

const FILE = 'config/operators.json';

/** Reads the operators; reports mistakes. In production those of development are left out. */
export function readOperators({ directory, mode }: FileContext, problems: Problem[]): Operator[] {
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return [];
  const { operators = [] } = checkObject(operatorsSchema, json, FILE, problems);
  const seen = { name: new Set<string>(), email: new Set<string>() };
  recordsAt(json, 'operators').forEach((row, index) => {
    const say = (key: string, expected: string, hint?: string): void => {
      const found = describeValue(row[key]);
      problems.push({ severity: 'error', source: FILE, key: `operators[${index}].${key}`, expected, found, hint });
    };
    const { name, email } = row;
    if (typeof name === 'string') {
      if (seen.name.has(name)) say('name', 'a name that no other operator has', 'the ledger would not tell the two apart');
      seen.name.add(name);
    }
    if (typeof email !== 'string') return;
    const canonical = canonicalOf(email);
    if (canonical === undefined) return say('email', 'a mail address');
    if (seen.email.has(canonical)) say('email', 'an address that no other operator has', 'list all roles in one entry');
    seen.email.add(canonical);
  });
  return operators
    .filter(({ only }) => only === undefined || only === mode)
    .map(({ name, email, roles }) => ({ name, email: canonicalOf(email) ?? '', roles: [...new Set(roles)] }))
    .filter(({ email }) => email !== '');
}

function canonicalOf(email: string): string | undefined {
  const parsed = parseEmail(email);
  return parsed.ok ? parsed.canonical : undefined;
}
