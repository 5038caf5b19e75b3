// Loaded into a process before anything else (`node --import`): writes the cost of each password comparison to the file HASH_WORK_FILE.
import { appendFileSync } from 'node:fs';
import bcrypt from 'bcrypt';

const compare = bcrypt.compare.bind(bcrypt);
bcrypt.compare = (async (password: string, hash: string) => {
  appendFileSync(process.env.HASH_WORK_FILE ?? '', `${Number(hash.split('$')[2])}\n`);
  return compare(password, hash);
}) as typeof bcrypt.compare;
