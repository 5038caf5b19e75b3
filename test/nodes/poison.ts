// F21: stored data that the program never wrote: none, half, unknown words, far too much. Only the request that reads it
// fails; the node lives, other people's requests continue, and the affected person continues once it is repaired.
import { expect, test } from '@jest/globals';
import type { Nodes } from '../../scripts/faults/fault.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { untilTrue } from '../support/until-true.ts';
import { codeFor } from '../journeys/traveller.ts';
import { textOf, type Browser } from '../support/http-browser.ts';
import { logIn } from '../support/log-in.ts';
import type { Visitors } from './visitors.ts';
import { spoil } from './raw-database.ts';

const POISONS: [name: string, change: (text: string) => string][] = [
  ['null', () => 'null'],
  ['an empty object', () => '{}'],
  ['a list', () => '[]'],
  ['half of the JSON', (text) => text.slice(0, text.length / 2)],
  ['unknown words', (text) => text.replaceAll(/"(status|language|kind|wants)":"[^"]*"/g, '"$1":"そのほか"')],
  ['two megabytes', () => JSON.stringify({ text: 'あ'.repeat(700_000) })],
];

export function describePoison(getNodes: () => Nodes, visitors: Visitors): void {
  const url = (): string => getNodes().database.directUrl;

  async function expectAnswer(browser: Browser, address: string): Promise<void> {
    const { status, text } = await browser.copy().send(address, { mayFail: true });
    if (status < 400) return;
    // A page of ours, which says what to do, and nothing internal.
    expect(textOf(text)).toMatch(/もう一度|時間をおいて|やり直|始め直/);
    expect(text).not.toMatch(/TypeError|SyntaxError|at .*\.ts:/);
  }

  async function expectEverybodyElseWell(): Promise<void> {
    for (const { port } of getNodes().nodes) {
      expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    }
    await logIn(getNodes().world, 'yamada@example.jp', '127.8.9.1');
  }

  test('damaged data in the database fails alone (F21)', async () => {
    const victim = await visitors.atLinkPage('spoiled.nodes@example.jp', '127.8.3.1');
    const { url: page } = victim.browser.page;
    const code = await visitors.atCodePage('spoiled.code.nodes@example.jp', '127.8.4.1');
    const codePage = code.browser.page.url;
    const met = new Set<string>();
    for (const [, change] of POISONS) {
      for (const [collection, field, marker, browser, address] of [
        ['accounts', 'document', victim.accountId, victim.browser, page],
        ['artifacts', 'payload', victim.accountId, victim.browser, page],
        ['expiring_documents', 'document', victim.accountId, victim.browser, page],
        ['dealer_links', 'document', victim.accountId, victim.browser, page],
        ['expiring_documents', 'document', 'spoiled.code.nodes', code.browser, codePage],
        ['email_codes', 'document', 'spoiled.code.nodes', code.browser, codePage],
      ] as const) {
        const spoiled = await spoil(url(), collection, field, marker, change);
        if (spoiled.count > 0) met.add(collection);
        await expectAnswer(browser, address);
        await spoiled.restore();
      }
    }
    expect([...met].toSorted()).toEqual(['accounts', 'artifacts', 'dealer_links', 'email_codes', 'expiring_documents']);
    expect((await victim.browser.send(page)).status).toBe(200);
    expect((await code.browser.send(codePage)).status).toBe(200);
    await expectEverybodyElseWell();
  });

  test('a damaged migration and a damaged job delay nobody else (F21)', async () => {
    const storage = await openStorage(url(), Date.now);
    for (const [n, [, change]] of POISONS.entries()) {
      const migrations = await spoil(url(), 'migrations', 'document', '"owners-site"', change);
      expect(migrations.count).toBeGreaterThan(0);
      await visitors.seesOwnersSite('yamada');
      await migrations.restore();
      const key = `spoiled-${n}`;
      await storage.jobs.enqueue({ key, kind: 'send_mail', payload: { marker: key }, run_at: Date.now() + 1_000 });
      await (await spoil(url(), 'jobs', 'payload', `"${key}"`, change)).leave();
    }
    const email = 'beside.spoiled.nodes@example.jp';
    await visitors.atCodePage(email, '127.8.5.1');
    expect(await codeFor(getNodes().world, email)).toMatch(/^\d{6}$/);
    for (const n of POISONS.keys()) {
      await untilTrue('it was tried', async () => (await storage.jobs.find(`spoiled-${n}`))?.last_error !== undefined);
    }
    await storage.close();
    await expectEverybodyElseWell();
  });
}
