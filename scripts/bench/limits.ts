// Simulates the busiest hour of a campaign: npm run bench -- limits [customers]. The limits, counters and database are real; only bcrypt is
// stubbed and the clock is simulated. Prints how many customers were refused, how many accounts a botnet opened, and how long an owner
// waited whom a stranger tries to lock out. The model is in docs/limits.md.
import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type bcrypt from 'bcrypt';
import { beginReset, completeReset, proveOwner, stillHolds } from '../../src/account/forgotten/flow.ts';
import { createFailedSignIns } from '../../src/authentication/failed-sign-ins.ts';
import { setPassword } from '../../src/authentication/password/set-password.ts';
import type { Config } from '../../src/config/config.ts';
import { readPolicy } from '../../src/config/files/read-policy.ts';
import { createPasswordHasher } from '../../src/authentication/password/password-hash.ts';
import { createUserCodeLimits } from '../../src/authentication/limits/device-code-limits.ts';
import { createCodeLimits } from '../../src/authentication/one-time-code/code-limits.ts';
import { shortCodesAreOver } from '../../src/authentication/one-time-code/code-tries.ts';
import { PageError } from '../../src/http/page-error.ts';
import { createSignIn } from '../../src/authentication/password/sign-in.ts';
import type { JobPayloads, JobQueue } from '../../src/jobs/job-queue.ts';
import { createMailPasswordReset } from '../../src/account/forgotten/mail-password-reset.ts';
import { emailKey } from '../../src/storage/identifiers.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { INSERT_ACCOUNT, placeOf } from '../../src/storage/sqlite/account-place.ts';
import type { Job } from '../../src/storage/storage.ts';
import { sampleAccount } from '../../test/storage/conformance/samples.ts';
import { emailOf, idOf } from './fill-database.ts';

const HOUR_SECONDS = 3600;
const CARRIER_ADDRESSES = 50;
const OFFICE = { people: 2000, seconds: 900, address: '198.51.100.9' };
const BOTNET = { addresses: 5000, password: 'Summer-2026' };
const STRANGER_ADDRESSES = 200;
/** Each guesses a code of a car once a second. */
const GUESSING_ADDRESSES = 20;
const PROCESSES = 8;
/** The owner signs in in the middle of the hour, on an unknown device. */
const OWNER = { number: 0, address: '192.0.2.77', at: HOUR_SECONDS / 2 };

/** One customer in a hundred has the password that the botnet tries. */
const passwordOf = (n: number): string => (n % 100 === 7 ? BOTNET.password : `Own-password-${n}`);
/** Returns the stub's stand-in for a bcrypt hash. */
const hashOf = (password: string): string => `$2b$12$${Buffer.from(password).toString('hex').padEnd(53, '.').slice(0, 53)}`;
const carrier = (n: number): string => `203.0.113.${1 + (n % CARRIER_ADDRESSES)}`;
const bot = (n: number): string => `100.${64 + ((n % BOTNET.addresses) >> 8)}.${(n % BOTNET.addresses) & 255}.1`;

export type LimitsResult = {
  customers: number;
  /** Customers who were refused with a correct password, or when they asked for a code. */
  customersRefused: number;
  officeRefused: number;
  codesRefused: number;
  /** People who entered the code of a car, and codes that the botnet guessed. */
  devices: { entered: number; refused: number; guesses: number; guessesRefused: number };
  botnet: { tries: number; refused: number; opened: number; accountsWithThatPassword: number; others: number };
  owner: { seconds: number; mailedSecondsBefore: number; mailsInTheHour: number };
  hashes: number;
};

/** Runs the simulation; `tell` receives the lines of progress. */
export async function playLimits(customers: number, tell: (line: string) => void): Promise<LimitsResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-limits-'));
  const path = join(folder, 'common-id.sqlite');
  const opened = await openStorage(`sqlite:${path}`, () => now);
  // Starts at a full minute, so that every run has the same minutes.
  let now = Math.ceil(Date.now() / 60_000) * 60_000;
  const clock = (): number => now;
  try {
    fill(path, customers);
    tell(`${customers} accounts`);
    return await playHour({ customers, tell, clock, advance: () => void (now += 1000), storage: guardRecords(opened, clock) });
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function fill(path: string, customers: number): void {
  const database = new DatabaseSync(path);
  const account = database.prepare(INSERT_ACCOUNT);
  const identifier = database.prepare('INSERT INTO identifiers (key, account_place) VALUES (?, ?)');
  database.exec('BEGIN');
  for (let n = 0; n < customers; n += 1) {
    const [id, email] = [idOf('account', n), emailOf(n)];
    const document = sampleAccount(id, { email, email_canonical: email, password_hash: hashOf(passwordOf(n)) });
    const { lastInsertRowid } = account.run(placeOf(email), id, 1, JSON.stringify(document));
    identifier.run(emailKey(email), lastInsertRowid);
  }
  database.exec('COMMIT');
  database.close();
}

type Hour = {
  customers: number;
  tell: (line: string) => void;
  clock: () => number;
  advance: () => void;
  storage: ReturnType<typeof guardRecords>;
};

async function playHour({ customers, tell, clock, advance, storage }: Hour): Promise<LimitsResult> {
  const policy = readPolicy({ directory: process.cwd(), mode: 'production' }, []);
  if (!policy) throw new Error('config/policy.json cannot be read');
  const key = (): ReturnType<typeof createSecretKey> => createSecretKey(randomBytes(32));
  const keys = { emailCode: key(), passwordReset: key() };
  const config = { ...policy, keys, issuer: 'https://id.example.jp' } as unknown as Config;
  let hashes = 0;
  const stub = {
    async compare(password: string, hash: string) {
      hashes += 1;
      return hash === hashOf(password);
    },
    hash: async (password: string) => hashOf(password),
  } as unknown as typeof bcrypt;
  // Sixty hashes a second take fifteen cores. All requests of a simulated second arrive at one moment, spread over the lanes of all processes.
  const hashers = Array.from({ length: PROCESSES }, () =>
    createPasswordHasher({ cost: 12, ...policy.passwordHash, clock, algorithm: stub }),
  );

  const mails: (JobPayloads['send_mail'] & { at: number })[] = [];
  const jobs: JobQueue = {
    async enqueue(kind, jobKey, payload) {
      if (kind === 'send_mail') mails.push({ ...(payload as JobPayloads['send_mail']), at: clock() });
      if (kind === 'mail_password_reset')
        await mailReset.run(payload, { key: jobKey, attempts: 1 } as Job, AbortSignal.timeout(60_000));
    },
    onEnqueued: () => undefined,
  };
  const failedSignIns = createFailedSignIns(storage, clock);
  const deps = { config, storage, clock, jobs, failedSignIns, regionOf: () => undefined, emit: () => undefined };
  const mailReset = createMailPasswordReset(deps);
  const signIns = hashers.map((hasher) => createSignIn({ ...deps, hasher }));
  let requests = 0;
  const codeLimits = createCodeLimits(deps);
  const userCodes = createUserCodeLimits(deps);
  const result: LimitsResult = {
    customers,
    customersRefused: 0,
    officeRefused: 0,
    codesRefused: 0,
    devices: { entered: 0, refused: 0, guesses: 0, guessesRefused: 0 },
    botnet: { tries: 0, refused: 0, opened: 0, accountsWithThatPassword: 0, others: 0 },
    owner: { seconds: NaN, mailedSecondsBefore: NaN, mailsInTheHour: 0 },
    hashes: 0,
  };

  /** A login attempt; without `device`, in an unknown browser. */
  const attempt = async (n: number, password: string, ip: string, device?: string): Promise<'in' | 'wrong' | 'refused'> => {
    try {
      requests += 1;
      const signIn = signIns[requests % PROCESSES] as (typeof signIns)[number];
      return (await signIn(emailOf(n), password, { ip, userAgent: '', knownDevice: () => device })) ? 'in' : 'wrong';
    } catch (error) {
      if (error instanceof PageError || (error as Error).name === 'HashingLaneFull') return 'refused';
      throw error;
    }
  };

  /** A customer. One in ten mistypes once and one in fifty twice; then the password is correct. */
  const customer = async (n: number, ip: string): Promise<boolean> => {
    // The customer's number behind the carrier's address.
    const place = Math.floor(n / CARRIER_ADDRESSES);
    const mistakes = place % 50 === 3 ? 2 : place % 10 === 3 ? 1 : 0;
    for (let mistake = 0; mistake < mistakes; mistake += 1) if ((await attempt(n, 'Mistyped-1', ip)) === 'refused') return false;
    return (await attempt(n, passwordOf(n), ip)) === 'in';
  };

  /** A person who registers: asks for a code, and five of six enter it. */
  const registrant = async (n: number, ip: string): Promise<void> => {
    try {
      await codeLimits.count(ip, `new-${n}@example.jp`);
      if (n % 6) await codeLimits.proven(ip);
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      result.codesRefused += 1;
    }
  };

  /** One customer in ten enters the code of a car, and one in five of them mistypes it once. */
  const driver = async (n: number, ip: string): Promise<void> => {
    const place = Math.floor(n / CARRIER_ADDRESSES);
    if (place % 10 !== 7) return;
    try {
      if (place % 50 === 7) await userCodes.begin(`browser-${n}`, ip);
      await (
        await userCodes.begin(`browser-${n}`, ip)
      )();
      result.devices.entered += 1;
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      result.devices.refused += 1;
    }
  };

  /** Guesses a code of a car, in a new browser each time. */
  const guesser = async (address: number): Promise<void> => {
    result.devices.guesses += 1;
    try {
      await userCodes.begin(`guesser-${result.devices.guesses}`, bot(address));
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      result.devices.guessesRefused += 1;
    }
  };

  const bots = async (n: number): Promise<void> => {
    const outcome = await attempt(n, BOTNET.password, bot(n));
    result.botnet.tries += 1;
    if (outcome === 'refused') result.botnet.refused += 1;
    if (outcome === 'in') result.botnet[passwordOf(n) === BOTNET.password ? 'opened' : 'others'] += 1;
  };

  const askForReset = async (ip: string) => {
    const canonical = emailOf(OWNER.number);
    const { mailboxFull } = await codeLimits.ask(ip, canonical);
    const long = mailboxFull !== undefined || (await shortCodesAreOver(deps, canonical));
    return beginReset(deps, { email: canonical, canonical }, { language: 'ja' }, { long });
  };

  /** The stranger, every few seconds from another address: a wrong password, a reset, and a guess at its code. */
  const stranger = async (second: number): Promise<void> => {
    const ip = `192.0.2.${1 + (second % STRANGER_ADDRESSES === OWNER.number ? 201 : second % STRANGER_ADDRESSES)}`;
    await attempt(OWNER.number, `Guess-${second}`, ip === OWNER.address ? '192.0.2.250' : ip);
    try {
      const reset = await askForReset(ip === OWNER.address ? '192.0.2.250' : ip);
      for (let n = 0; n < 5; n += 1) await proveOwner(deps, reset, { code: String(100_000 + second + n), birthdate: undefined });
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
    }
  };

  const ownerComes = async (): Promise<void> => {
    const began = clock();
    const email = emailOf(OWNER.number);
    if ((await attempt(OWNER.number, passwordOf(OWNER.number), OWNER.address)) !== 'refused')
      throw new Error('the stranger did not lock the login');
    const reset = await askForReset(OWNER.address);
    const newest = mails.findLast(({ to, values }) => to === email && 'code' in values);
    const code = newest && 'code' in newest.values ? newest.values.code : '';
    // If the hour's codes are used up, the owner enters the long code that a stranger's request had mailed.
    result.owner.mailedSecondsBefore = (clock() - (newest?.at ?? NaN)) / 1000;
    const refused = await proveOwner(deps, reset, { code, birthdate: undefined });
    if (refused) throw new Error(`the owner got ${refused.problem}`);
    const account = await storage.accounts.findByEmail(email);
    const set = await setPassword(deps, account?.id ?? '', hashOf('New-password-1'), 'account.password_reset', (standing) =>
      stillHolds(reset, standing),
    );
    if (!set) throw new Error('the new password was not set');
    await completeReset(deps, reset);
    // From here on the account knows the browser that set the new password.
    if ((await attempt(OWNER.number, 'New-password-1', OWNER.address, 'device')) !== 'in') throw new Error('the owner is out');
    result.owner.seconds = (clock() - began) / 1000;
  };

  const share = (total: number, seconds: number, second: number): number[] => {
    const [from, to] = [second, second + 1].map((at) => Math.min(Math.floor((total * at) / seconds), total));
    return Array.from({ length: (to ?? 0) - (from ?? 0) }, (_, index) => (from ?? 0) + index);
  };

  for (let second = 0; second < HOUR_SECONDS; second += 1) {
    await Promise.all([
      ...share(customers, HOUR_SECONDS, second).map(async (n) => {
        // The owner's sign-in is simulated separately.
        if (n !== OWNER.number && !(await customer(n, carrier(n)))) result.customersRefused += 1;
        await registrant(n, carrier(n));
        await driver(n, carrier(n));
      }),
      ...share(OFFICE.people, OFFICE.seconds, second).map(async (n) => {
        if (!(await customer(1 + (n % (customers - 1)), OFFICE.address))) result.officeRefused += 1;
      }),
      ...share(customers, HOUR_SECONDS, second).map(bots),
      ...Array.from({ length: GUESSING_ADDRESSES }, (_, address) => guesser(address)),
      ...(second % 5 === 0 ? [stranger(second)] : []),
    ]);
    if (second === OWNER.at) await ownerComes();
    if (second % 600 === 599) tell(`${(second + 1) / 60} minutes: ${JSON.stringify(result)}`);
    advance();
  }
  result.hashes = hashes;
  result.botnet.accountsWithThatPassword = Array.from({ length: customers }, (_, n) => n).filter((n) => n % 100 === 7).length;
  result.owner.mailsInTheHour = mails.filter(({ to }) => to === emailOf(OWNER.number)).length;
  return result;
}
