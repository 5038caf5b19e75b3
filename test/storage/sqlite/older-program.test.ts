// A database as an earlier program wrote it, with its real rows, under the program of today. test/storage/releases has one for each version of the file
// that a program wrote before a step was added; add the next one with the step.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { verifyLedger } from '../../../src/storage/verify-ledger.ts';
import { CALLBACK } from '../../attacks/support/attack-world.ts';
import { authorizationUrl, makePkce, requestParams, returned } from '../../attacks/support/client.ts';
import { NEW_PASSWORD } from '../../journeys/traveller.ts';
import { createBrowser } from '../../support/http-browser.ts';
import { startIdInProcess } from '../../support/id-in-process.ts';

const RELEASES = join(import.meta.dirname, '../releases');
/** The secrets with which the archives were written. */
const SECRETS = { COOKIE_KEYS: 'cookie-key-of-the-archive-4f1c9b7e2a', HMAC_KEY: 'hmac-key-of-the-archive-8d3e6a1b5c' };
/** She registered, linked her dealer and finished her migration. */
const TANAKA = 'tanaka.archive@example.jp';

test.each(await readdir(RELEASES))(
  '%s: two nodes open it, its customer signs in, and ledger, migration and dealer link stand',
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'older-'));
    const path = join(folder, 'common-id.sqlite');
    const older = new DatabaseSync(path);
    older.exec(await readFile(join(RELEASES, name), 'utf8'));
    const version = older.prepare('PRAGMA user_version').get()?.user_version;
    older.close();
    const env = { ...SECRETS, DATABASE_URL: `sqlite:${path}` };
    const id = await startIdInProcess({ env, nodes: [(config) => config, (config) => config] });
    try {
      expect(id.log).toContainEqual(expect.objectContaining({ msg: 'database migrated', from: version }));
      const account = await id.storage.accounts.findByEmail(TANAKA);
      for (const port of id.ports) {
        const browser = createBrowser({ port });
        await browser.open(authorizationUrl(id.issuer, requestParams('attack-web', makePkce())));
        const back = await browser.submit('/login', { login_id: TANAKA, password: NEW_PASSWORD }, CALLBACK);
        expect(returned(back).get('code')).toEqual(expect.any(String));
      }
      expect(await id.storage.migrations.find('owners-site', 'own-tanaka')).toMatchObject({ account_id: account?.id });
      expect(await id.storage.dealerLinks.listByAccount(account?.id ?? '')).toEqual([
        expect.objectContaining({ dealer: 'aichi-toyota', status: 'active' }),
      ]);
      const { keys } = loadConfig({ directory: id.directory, apps: ['id'], env: id.env });
      expect((await verifyLedger(id.storage.ledger, [keys.ledger])).findings).toEqual([]);
    } finally {
      await id.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
