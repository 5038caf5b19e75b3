// F23: two nodes of an earlier program are replaced in turn by this one while people log in. One person begins the migration at the earlier program
// and ends it at this one; another goes the whole way while both run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openStorage } from '../../src/storage/open-storage.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { createHttpDriver } from '../../test/journeys/http-driver.ts';
import { createTraveller, NEW_PASSWORD, WORDS, type Traveller } from '../../test/journeys/traveller.ts';
import { MAIN, startNodeWorld } from '../../test/support/node-world.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import type { Fault } from './fault.ts';
import { createGazoo, type Tokens } from './gazoo.ts';
import { secretsOf } from './restore-backup.ts';
import { rollingRestart } from './rolling-restart.ts';

/** The earlier program: that of 30 November 2026, 21:10, which wrote test/storage/releases/version-5.sql. After a release, name its commit here. */
const EARLIER = 'da307d88ca72b648c1185fc90f65a0e2c3602aac';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

export const rollingUpgrade: Fault = {
  id: 'F23',
  title: 'two nodes of an earlier program are replaced in turn by this one under load',
  // With SQLite, all processes of the earlier version are stopped first; test/storage/sqlite/older-program.test.ts tries that.
  backends: ['MongoDB'],
  async run(backend, short) {
    const folder = await mkdtemp(join(tmpdir(), 'earlier-'));
    try {
      return await upgrade(await unpack(folder), await backend.makeDatabase(), short ? 2_000 : 20_000);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/**
 * Unpacks the earlier program from the history of the project. It uses the packages of today.
 * @returns its main file
 * @throws {Error} if this clone does not have the commit
 */
async function unpack(folder: string): Promise<string> {
  const archive = join(folder, 'earlier.tar');
  const program = join(folder, 'program');
  const parts = ['src', 'views', 'config', 'package.json'];
  await run('git', ['archive', `--output=${archive}`, EARLIER, ...parts], { cwd: ROOT }).catch((error: unknown) => {
    throw new Error('the earlier program is not in this clone; get the whole history: git fetch --unshallow', { cause: error });
  });
  await mkdir(program);
  await run('tar', ['-xf', archive, '-C', program]);
  await symlink(join(ROOT, 'node_modules'), join(program, 'node_modules'));
  return join(program, 'src/main.js');
}

async function upgrade(earlier: string, databaseUrl: string, pauseMs: number): Promise<string> {
  const nodes = await startNodeWorld(2, () => databaseUrl, {}, [], earlier);
  const { world } = nodes;
  const traveller = (): Traveller => createTraveller(createHttpDriver(), world);
  const gazoo = createGazoo(world, { email: 'sato@example.jp', scope: 'openid offline_access' });
  const comesToLogin = async (person: Traveller, user: string): Promise<void> => {
    await person.signInAtOwnersSite(user);
    await person.begin('newId');
    await person.register(`${user}.upgrade@example.jp`);
    await person.press(WORDS.link);
  };
  const finishes = async (person: Traveller): Promise<void> => {
    await person.signIn(undefined, NEW_PASSWORD);
    await person.confirmRequired();
    await person.arrives();
  };
  const [early, between] = [traveller(), traveller()];
  let tokens: Tokens | undefined;
  /** What is done before each node is replaced: at the earlier program, and at both. */
  const steps = [
    async (): Promise<void> => {
      await comesToLogin(early, 'tanaka');
      tokens = await gazoo.redeem(await gazoo.authorize());
      assert(tokens?.refresh_token, 'the earlier program issued no refresh token');
    },
    async (): Promise<void> => {
      await comesToLogin(between, 'suzuki');
      await finishes(between);
    },
  ];
  try {
    const plan = { restarts: 2, pauseMs, walkers: 2, program: MAIN, before: async (turn: number) => steps[turn]?.() };
    const { logins, failures, codes, doubled, restarts } = await rollingRestart(nodes, plan);
    assert.deepEqual(failures, []);
    assert.deepEqual(restarts, [0, 0], 'how the nodes ended');
    assert(logins >= 2 && codes > 0, 'too few logins and codes to say anything');
    assert.equal(doubled, 0, 'a code gave tokens twice');
    await finishes(early);
    assert(tokens && (await gazoo.refresh(tokens)), 'a refresh token of the earlier program is refused');
    await expectWhole(databaseUrl, secretsOf(world).ledger);
    return `${logins} logins, 0 failed; ${codes} codes redeemed at both nodes at once, 0 twice; two migrations, one begun at the earlier program and one at both`;
  } finally {
    await nodes.stop();
  }
}

/** Both people have their ID, their migration and their dealer, and the ledger is sound. */
async function expectWhole(databaseUrl: string, key: ReturnType<typeof secretsOf>['ledger']): Promise<void> {
  const storage = await openStorage(databaseUrl, Date.now, undefined, key);
  try {
    for (const user of ['tanaka', 'suzuki']) {
      const account = await storage.accounts.findByEmail(`${user}.upgrade@example.jp`);
      assert(account, `${user} has no ID`);
      let links: string[] = [];
      const isTold = async (): Promise<boolean> => {
        links = (await storage.dealerLinks.listByAccount(account.id)).map(({ status }) => status);
        return links.join() === 'active';
      };
      await untilTrue(`the dealer of ${user} is told`, isTold, { tell: () => links });
      const migration = await storage.migrations.find('owners-site', `own-${user}`);
      assert.equal(migration?.account_id, account.id, `the migration of ${user} is not final`);
    }
    assert.deepEqual((await verifyLedger(storage.ledger, [key])).findings, [], 'the ledger is not sound');
  } finally {
    await storage.close();
  }
}
