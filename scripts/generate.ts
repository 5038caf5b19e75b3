// Writes the files that are generated from the program's tables: config/*.schema.json, .env.example, docs/policy.md, docs/events.md and docs/clients/. The examples in docs/clients/ come from the running program, which this starts.
// Usage: npm run generate
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { startWorld } from '../test/support/world.ts';
import { collectExamples, EXAMPLE_CLIENT, EXAMPLES_FILE } from './generate/client-pages/examples.ts';

function write(name: string, text: string): void {
  writeFileSync(new URL(`../${name}`, import.meta.url), text);
  process.stdout.write(`${name}\n`);
}

const world = await startWorld({ apps: ['id', 'dealer'], clients: { [EXAMPLE_CLIENT.id]: EXAMPLE_CLIENT.file } });
try {
  const style = await resolveConfig(new URL(`../${EXAMPLES_FILE}`, import.meta.url));
  write(EXAMPLES_FILE, await format(JSON.stringify(await collectExamples(world)), { ...style, parser: 'json' }));
} finally {
  await world.stop();
}
// The pages are made with the new examples.
const { generatedFiles } = await import('./generate/generated-files.ts');
for (const [name, text] of Object.entries(await generatedFiles())) write(name, text);
