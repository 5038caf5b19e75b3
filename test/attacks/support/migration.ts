// Migrates a legacy user of `attack-site` to an ID, and reads the data that the dealers got.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { Migration } from '../../../src/domain/migration.ts';
import type { Answer, Browser } from '../../support/http-browser.ts';
import { CALLBACK, type World } from './attack-world.ts';
import { assertion, authorizationUrl, makePkce, parseJson, push, requestParams, returned, token, type Pkce } from './client.ts';
import { handOver } from './hand-over.ts';
import { untilTrue } from '../../support/until-true.ts';

export type Begun = { browser: Browser; pkce: Pkce; url: string };

export const detailsOf = (dealer: string): string => JSON.stringify([{ type: 'dealer_link', dealer }]);

/** Hands a legacy user over. Returns the URL for the browser. */
export async function pushMigration(
  world: World,
  claims: Record<string, unknown>,
  changes: Record<string, string | undefined> = {},
  pkce: Pkce = makePkce(),
): Promise<{ url: string; requestUri: string; pkce: Pkce }> {
  const legacy = await handOver(world, claims);
  const pushed = await push(world, requestParams('attack-site', pkce, { legacy_profile: legacy, ...changes }));
  const requestUri = String(parseJson(pushed.text).request_uri);
  return { url: authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: requestUri }), requestUri, pkce };
}

/** Hands a legacy user over, and opens the request in a browser. */
export async function beginMigration(
  world: World,
  claims: Record<string, unknown>,
  changes: Record<string, string | undefined> = {},
  browser: Browser = world.browser(),
): Promise<Begun> {
  const { url, pkce } = await pushMigration(world, claims, changes);
  await browser.open(url, CALLBACK);
  return { browser, pkce, url };
}

/** From ⑭ to the client. */
export const goOn = async (browser: Browser): Promise<Answer> =>
  browser.open(browser.page.url.replace(/\/finalize.*$/, '/finalize/continue'), CALLBACK);

/** The site redeems the code, which only the session that began the request can. */
export async function redeemAtSite(world: World, answer: Answer, pkce: Pkce): Promise<Record<string, unknown>> {
  const { body } = await token(world, {
    grant_type: 'authorization_code',
    code: returned(answer).get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: pkce.verifier,
    ...(await assertion('attack-site', world.siteKey, world.issuer)),
  });
  return body;
}

export const migrationOf = (world: World, legacyId: string): Migration | undefined =>
  world
    .rows<{ document: string }>('SELECT document FROM migrations WHERE legacy_id = ?', legacyId)
    .map(({ document }) => JSON.parse(document) as Migration)[0];

/** Waits until all due jobs are done: mails, deliveries, the follow-up of a migration. */
export async function settle(world: World): Promise<void> {
  const due = () => world.rows("SELECT key FROM jobs WHERE state = 'waiting' AND key NOT LIKE '%:later'");
  await untilTrue('all jobs end', () => due().length === 0, { everyMs: 25, tell: due });
}

export type Told = { status: string; customer: Record<string, unknown> | null; number: string | null; vins: string[] };

/** Returns the data of each customer in a dealer's system, by the id of the link. */
export function dealerRecords(world: Pick<World, 'directory'>, dealer: string): Map<string, Told> {
  const database = new DatabaseSync(join(world.directory, 'data/dealer-system.sqlite'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT * FROM links WHERE dealer = ?').all(dealer);
    return new Map(
      rows.map((row) => [
        String(row.link_id),
        {
          status: String(row.status),
          customer: row.customer === null ? null : (JSON.parse(String(row.customer)) as Record<string, unknown>),
          number: row.customer_number === null ? null : String(row.customer_number),
          vins: (JSON.parse(String(row.vehicles)) as { vin: string }[]).map(({ vin }) => vin),
        },
      ]),
    );
  } finally {
    database.close();
  }
}
