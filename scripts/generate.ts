// Writes the files that are generated from the program's tables: config/*.schema.json, .env.example, docs/claims.md and docs/policy.md.
// Usage: npm run generate
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generate/generated-files.ts';

for (const [name, text] of Object.entries(await generatedFiles())) {
  writeFileSync(new URL(`../${name}`, import.meta.url), text);
  console.log(name);
}
