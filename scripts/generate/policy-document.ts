// Generates docs/policy.md from the table of policy values.
import { z } from 'zod';
import { policyValues, SAFE_RANGES, type SafeRange } from '../../src/config/files/policy-schema.ts';

/** @returns Markdown */
export function policyDocument(): string {
  const rows = policyValues().map(({ path, schema }) => {
    const {
      minimum,
      maximum,
      description = '',
    } = z.toJSONSchema(schema) as { minimum?: number; maximum?: number; description?: string };
    const allowed = minimum === undefined ? 'a text' : `${figure(minimum)} – ${figure(maximum)}`;
    return `| \`${path.join('.')}\` | ${allowed} | ${safe(SAFE_RANGES.get(schema))} | ${description} |`;
  });
  return `# The values of config/policy.json

This page is made from \`src/config/files/policy-schema.ts\` by \`npm run generate\`. [limits.md](limits.md) says where the figures of the
limits come from. Lifetimes are in seconds. Outside the safe range the program starts in production with a warning.

| value | allowed | safe | what it is |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function safe({ atLeast, atMost }: Partial<SafeRange> = {}): string {
  if (atMost !== undefined) return `at most ${figure(atMost)}`;
  return atLeast === undefined ? '' : `at least ${figure(atLeast)}`;
}

const figure = (value?: number): string => value?.toLocaleString('en') ?? '';
