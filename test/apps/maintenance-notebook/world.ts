// The notebook between a test provider and the real dealer system, all over real HTTP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDealerSystem } from '../../../src/apps/dealer-system/create-dealer-system.ts';
import { createMaintenanceNotebook } from '../../../src/apps/maintenance-notebook/create-maintenance-notebook.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { serve } from '../serve.ts';
import { createBrowser } from '../../support/http-browser.ts';
import { startTestProvider, type TestProvider } from './test-provider.ts';

export const VEHICLES = [
  { vin: 'JTDKB20U093500001', registration_number: '名古屋 330 あ 12-34', model: 'プリウス', first_registered: '2020-06' },
  { vin: 'JTMW43FV20D500002', registration_number: '名古屋 301 さ 56-78', model: 'RAV4', first_registered: '2023-04' },
];

export type LinkStatus = 'none' | 'pending' | 'active' | 'failed' | 'withdrawn';

export type World = {
  notebook: string;
  dealers: string;
  provider: TestProvider;
  /** Moves only the notebook's clock. */
  advance(milliseconds: number): void;
  /** The UserInfo: two vehicles, and the state of the link with 愛知トヨタ. */
  personHas(link: LinkStatus, changes?: Record<string, unknown>): void;
  /** The provider delivers the link to the dealer. */
  deliver(): Promise<void>;
  /** Sets the state of 愛知トヨタ's API on the dealer system's staff page. */
  fault(fault: string): Promise<void>;
  close(): Promise<void>;
};

export async function startWorld(): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'notebook-'));
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;
  const common = { cookieKeys: ['a test key of enough length'], trustProxy: 0, cacheViews: true };
  const starting = await startTestProvider();
  const dealers = await serve((origin) =>
    createDealerSystem({
      ...common,
      origin,
      clock: Date.now,
      log: createLog('dealer-system', 'silent'),
      issuer: starting.issuer,
      databasePath: join(directory, 'dealer.sqlite'),
      seedDemo: true,
    }),
  );
  const notebook = await serve((origin) =>
    createMaintenanceNotebook({
      ...common,
      origin,
      clock,
      log: createLog('maintenance-notebook', process.env['LOG'] ?? 'silent'),
      issuer: starting.issuer,
      dealerSystemOrigin: dealers.origin,
      ownersSiteOrigin: 'http://owners-site.example',
      isDemo: true,
      databasePath: join(directory, 'notebook.sqlite'),
      keyDirectory: join(directory, 'keys'),
    }),
  );
  const provider = await starting.attach({ notebook: notebook.origin, dealers: dealers.origin });
  const resource = `${dealers.origin}/dealers/aichi-toyota`;

  return {
    notebook: notebook.origin,
    dealers: dealers.origin,
    provider,
    advance(milliseconds) {
      ahead += milliseconds;
    },
    personHas(link, changes = {}) {
      provider.person.claims = {
        name: '田中 太郎',
        email: 'tanaka@example.jp',
        migration: {
          completed: [{ client_id: 'owners-site', legacy_id: '1', completed_at: '2026-11-01T00:00:00.000Z' }],
          vehicles: VEHICLES,
          dealer: { code: 'aichi-toyota', name: '愛知トヨタ自動車株式会社' },
        },
        dealer_links:
          link === 'none'
            ? []
            : [
                {
                  dealer: 'aichi-toyota',
                  dealer_name: '愛知トヨタ自動車株式会社',
                  link_id: 'dl_aichi-toyota',
                  status: link,
                  ...(link === 'active' && { linked_at: '2026-11-01T00:00:00.000Z' }),
                  resource,
                },
              ],
        ...changes,
      };
      provider.person.consents = new Set(link === 'pending' || link === 'active' ? ['aichi-toyota'] : []);
    },
    async deliver() {
      const token = { aud: resource, sub: 'common-id', client_id: 'common-id', scope: 'customer_links:write' };
      const answer = await fetch(`${resource}/customer-links/dl_aichi-toyota`, {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${await provider.sign('at+jwt', token)}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'key-1',
        },
        body: JSON.stringify({
          customer: { sub: 'pairwise', name: '田中 太郎', email: 'tanaka@example.jp' },
          vehicles: VEHICLES,
          consent_receipt: await provider.sign('consent-receipt+jwt', {
            aud: resource,
            sub: 'pairwise',
            link_id: 'dl_aichi-toyota',
          }),
        }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async fault(fault) {
      const staff = createBrowser();
      await staff.open(dealers.origin);
      await staff.submit('/faults', { dealer: 'aichi-toyota', fault });
    },
    async close() {
      await notebook.close();
      await dealers.close();
      await provider.close();
      await rm(directory, { recursive: true });
    },
  };
}
