// Prints how many passwords bcrypt compares in a second at the cost of production, one after the other.
import bcrypt from 'bcrypt';
import { HASH_COST, PASSWORD } from './bench-client.ts';

const TIMES = 12;
const hash = await bcrypt.hash(PASSWORD, HASH_COST);
const started = performance.now();
for (let n = 0; n < TIMES; n += 1) await bcrypt.compare(PASSWORD, hash);
process.stdout.write(String(TIMES / ((performance.now() - started) / 1000)));
