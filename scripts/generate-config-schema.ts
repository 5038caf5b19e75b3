// Writes config/*.schema.json from the schemas that validate the configuration.
// Usage: npm run generate:config-schema
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { jsonSchemas } from '../src/config/files/json-schemas.ts';

for (const [name, schema] of Object.entries(jsonSchemas())) {
  const path = fileURLToPath(new URL(`../config/${name}`, import.meta.url));
  writeFileSync(path, await format(JSON.stringify(schema), { ...(await resolveConfig(path)), filepath: path }));
  console.log(`config/${name}`);
}
