// Runs every fault in full: npm run faults [-- --short] [--on SQLite|MongoDB] [F1 F5 …]. Takes about 45 minutes. Exits with 1 if a promise did not hold.
import { parseArgs } from 'node:util';
import { mongoServerAvailable, startMongoServer } from '../test/storage/mongo-server.ts';
import { endTogether, useOwnTemporaryFolder } from './end-together.ts';
import type { Backend } from './faults/fault.ts';
import { FAULTS, onMongo, onSqlite } from './faults/faults.ts';

endTogether('faults');
useOwnTemporaryFolder();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, on: { type: 'string' } },
});
const chosen = FAULTS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const available = mongoServerAvailable();
const server = available === true && values.on !== 'SQLite' ? await startMongoServer() : undefined;
const sqlite = onSqlite();
const all: Backend[] = server ? [sqlite, onMongo(server)] : [sqlite];
const backends = all.filter(({ name }) => values.on === undefined || values.on === name);
if (available !== true) process.stdout.write(`Not on MongoDB: ${available.reason}.\n`);

let tried = 0;
for (const fault of chosen) {
  for (const backend of backends.filter(({ name }) => fault.backends.includes(name))) {
    tried += 1;
    const started = performance.now();
    const line = `${fault.id} ${fault.title}, ${backend.name}:`;
    try {
      const seen = await fault.run(backend, values.short);
      process.stdout.write(`ok    ${line} ${seen} (${Math.round((performance.now() - started) / 1000)} s)\n`);
    } catch (error) {
      process.stdout.write(`NOT OK ${line} ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
if (tried === 0) {
  process.stdout.write(
    `NOT OK no fault matches. The faults are ${FAULTS.map(({ id }) => id).join(', ')}, on SQLite and MongoDB.\n`,
  );
  process.exitCode = 1;
}
await sqlite.dispose();
await server?.stop();
