// Lists all files that are generated from the program's tables.
import { join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { myDataJsonSchema } from '../../src/account/my-data/my-data.ts';
import { jsonSchemas } from '../../src/config/files/json-schemas.ts';
import { clientPages } from './client-pages/pages.ts';
import { envExample } from './env-example.ts';
import { eventsDocument } from './events-document.ts';
import { policyDocument } from './policy-document.ts';

const ROOT = new URL('../../', import.meta.url);

/** @returns the text of each file by its name, relative to the project's root */
export async function generatedFiles(): Promise<Record<string, string>> {
  const all = { ...jsonSchemas(), '../docs/my-data.schema.json': myDataJsonSchema() };
  const schemas = Object.entries(all).map(([name, schema]) => [join('config', name), JSON.stringify(schema)] as const);
  const documents = { 'docs/policy.md': policyDocument(), 'docs/events.md': eventsDocument() };
  const formatted = [...schemas, ...Object.entries(documents)].map(async ([name, text]) => {
    const filepath = fileURLToPath(new URL(name, ROOT));
    return [name, await format(text, { ...(await resolveConfig(filepath)), filepath })] as const;
  });
  return { ...Object.fromEntries(await Promise.all(formatted)), '.env.example': envExample(), ...clientPages() };
}
