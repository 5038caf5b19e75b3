// Copies a database and is killed when it is about to write down for the n-th time how far it has come: `node copy-and-die.ts <from> <to>
// <state file> <n>`. The rows before that are written.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [from = '', to = '', stateFile = '', times] = process.argv.slice(2);
const { renameSync } = fs;
let left = Number(times);
fs.renameSync = ((...given: Parameters<typeof renameSync>) => {
  if (given[1] === stateFile && --left === 0) process.kill(process.pid, 'SIGKILL');
  renameSync(...given);
}) as typeof renameSync;
syncBuiltinESMExports();

const { copyStorage } = await import('../../scripts/admin/storage-copy/copy-storage.ts');
await copyStorage({ from, to, stateFile, out: { write: () => true } });
