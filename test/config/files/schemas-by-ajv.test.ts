// The generated schemas in another validator (Ajv), as an editor would use them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';

const config = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url));
const read = (name: string): unknown => JSON.parse(readFileSync(config(name), 'utf8'));
// Formats are annotations in draft 7. The program checks them itself.
const compile = (schema: string) =>
  new Ajv({ strict: true, allErrors: true, validateFormats: false, strictTypes: false }).compile(read(schema) as object);

test.each([
  ...readdirSync(config('clients')).map((name) => [`clients/${name}`, 'clients.schema.json']),
  ['dealers.json', 'dealers.schema.json'],
  ['services.json', 'services.schema.json'],
  ['policy.json', 'policy.schema.json'],
])('config/%s is valid according to %s', (name, schema) => {
  const validate = compile(schema);
  expect([validate(read(name)), validate.errors]).toEqual([true, null]);
});

describe('the schema refuses a wrong client file, too', () => {
  const right = {
    client_id: 'app',
    client_name: 'App',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'APP_SECRET' },
    redirect_uris: ['https://app.example.jp/callback'],
    common_id: { contact: 'us' },
  };
  test.each<[string, Record<string, unknown>, boolean]>([
    ['right', {}, true],
    [
      'two secrets',
      { client_secret: [{ $file: 's' }, { hash: `sha256:${'A'.repeat(43)}`, not_after: '2027-01-01T00:00:00Z' }] },
      true,
    ],
    ['unknown key', { redirect_url: 'x' }, false],
    ['secret in the file', { client_secret: 'x' }, false],
    ['three secrets', { client_secret: [{ $env: 'A' }, { $env: 'B' }, { $env: 'C' }] }, false],
    ['unknown method', { token_endpoint_auth_method: 'client_secret_jwt' }, false],
    ['bad id', { client_id: 'My App' }, false],
    ['unknown brand', { common_id: { contact: 'us', brand: 'daihatsu' } }, false],
    ['no contact', { common_id: {} }, false],
    ['no id', { client_id: undefined }, false],
    ['private key', { jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, false],
  ])('%s', (_name, change, valid) => {
    expect(compile('clients.schema.json')(JSON.parse(JSON.stringify({ ...right, ...change })))).toBe(valid);
  });
});
