// 60 people, or 500 with FULL_FIGURES=1, who press anything: forms with sensible and senseless input, sent twice, back, lost cookies, two tabs, typed addresses.
// Nobody may see a server error, and every page must have a way on. The walks are random and reproducible (MONKEY_SEED).
import { expect, it, jest } from '@jest/globals';
import { figure } from '../attacks/support/figure.ts';
import type { Form } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { inWorld } from './two-browsers.ts';

jest.setTimeout(300_000);

const WALKS = figure(500, 60);
const STEPS = 8;
/** All apps are one process, so more walks at once would only wait for each other, and finally too long. */
const AT_ONCE = 4;
const SEED = Number(process.env.MONKEY_SEED ?? 1);

/** Mulberry32: small, and the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NONSENSE = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  '<script>alert(1)</script>',
  "' OR 1=1 --",
  '😀🚗',
  'ﾔﾏﾀﾞ',
  '１２３４５６',
  '\u202e\u0000\u0007',
  'a'.repeat(3000),
  '../../etc/passwd',
  '{"$ne":null}',
  '%00%ff',
];

/** Sensible input, by the name of the field. */
function sense(field: string, pick: <T>(list: readonly T[]) => T): string | undefined {
  const known: Record<string, readonly string[]> = {
    user_id: ['tanaka', 'suzuki', 'sato', 'yamada', 'ito'],
    login_id: ['sato@example.jp', 'yamada@example.jp'],
    password: ['owners-2026', 'Common-2026', 'Kuruma-77x'],
    email: ['sato@example.jp', 'new@example.jp', 'tanaka@example.jp'],
    terms: ['yes'],
    code: ['123456'],
    decision: ['link', 'skip', 'change', 'continue', 'other', 'allow', 'deny'],
    dealer: ['aichi-toyota', 'tokyo-toyota', 'unknown'],
    family_name: ['鈴木'],
    given_name: ['花子'],
    family_name_kana: ['スズキ'],
    given_name_kana: ['ハナコ'],
    phone_number: ['090-1234-5678'],
    postal_code: ['104-0061'],
    region: ['東京都'],
    locality: ['中央区'],
    street_address: ['銀座1-2-3'],
    birthdate_year: ['1995'],
    birthdate_month: ['12'],
    birthdate_day: ['25'],
    way: ['new', 'existing', 'neither'],
  };
  const values = known[field];
  return values && pick(values);
}

type Walk = { world: World; driver: HttpDriver; random: () => number; log: string[] };

const pickWith =
  (random: () => number) =>
  <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)] as T;

/** An address of ours that a person could type or bookmark. */
function anyAddress({ world, random }: Walk, seen: readonly string[]): string {
  const pick = pickWith(random);
  const { id, ownersSite, notebook } = world.origins;
  if (seen.length && random() < 0.5) return pick(seen);
  return pick([
    `${ownersSite}/`,
    `${ownersSite}/login`,
    `${ownersSite}/migration`,
    `${ownersSite}/migration/completed`,
    `${ownersSite}/callback?code=x&state=y`,
    `${ownersSite}/callback?error=access_denied&state=y`,
    `${ownersSite}/booking`,
    `${ownersSite}/notices/7`,
    `${ownersSite}/nowhere`,
    `${notebook}/`,
    `${notebook}/login`,
    `${notebook}/callback?code=x&state=y`,
    `${notebook}/vehicles/99`,
    `${id}/`,
    `${id}/account`,
    `${id}/terms?lang=en`,
    `${id}/auth`,
    `${id}/auth/nobody`,
    `${id}/auth?client_id=owners-site&request_uri=urn:ietf:params:oauth:request_uri:gone`,
    `${id}/auth?client_id=nobody`,
    `${id}/interaction/nobody/create`,
    `${id}/interaction/nobody/finalize/wait`,
    `${id}/session/end`,
    `${id}/session/end/success`,
    `${id}/password/forgotten`,
    `${id}/postal-codes/x.json`,
    `${id}/%e0%a4%a`,
  ]);
}

function fieldsOf(form: Form, random: () => number): Record<string, string> {
  const pick = pickWith(random);
  const fields = { ...form.fields };
  const nonsense = random() < 0.25;
  const named = [...form.html.matchAll(/name="([^"]+)"/g)].map(([, name = '']) => name);
  for (const field of named) {
    if (field === 'csrf_token') {
      if (random() < 0.02) fields[field] = pick(NONSENSE);
    } else if (nonsense && random() < 0.4) fields[field] = pick(NONSENSE);
    else if (!fields[field] || random() < 0.2) fields[field] = sense(field, pick) ?? fields[field] ?? '';
  }
  const button = form.buttons.length ? pick(form.buttons) : undefined;
  if (button?.name) fields[button.name] = button.value;
  return fields;
}

async function step(walk: Walk, seen: string[]): Promise<void> {
  const { driver, random, log } = walk;
  const pick = pickWith(random);
  const dice = random();
  const forms = driver.forms();
  if (forms.length && dice < 0.62) {
    const form = pick(forms);
    const fields = fieldsOf(form, random);
    log.push(`${form.method} ${form.action} ${JSON.stringify(fields).slice(0, 300)}`);
    // Sometimes twice at once.
    const twin = random() < 0.15 ? (await driver.newTab()).copyPage(driver.page()) : undefined;
    await Promise.all([driver.send(form, fields), twin?.send(form, fields)]);
    if (twin) check(twin, log);
  } else if (dice < 0.72) {
    const ours = [walk.world.origins.id, walk.world.origins.ownersSite, walk.world.origins.notebook];
    const links = driver.links().filter(({ url }) => ours.includes(new URL(url).origin));
    const url = links.length ? pick(links).url : anyAddress(walk, seen);
    log.push(`follow ${url}`);
    await driver.open(url);
  } else if (dice < 0.8) {
    log.push('back');
    await driver.back();
  } else if (dice < 0.86) {
    const name = pick(['interaction', 'resume', 'csrf', 'browser', 'session', 'request', '']);
    log.push(`lose cookies ${name}`);
    await driver.loseCookies(name);
  } else {
    const url = anyAddress(walk, seen);
    log.push(`type ${url}`);
    await driver.open(url);
  }
  seen.push(driver.url());
}

/** Checks of every page, in addition to those of every answer. */
function check(driver: HttpDriver, log: readonly string[]): void {
  const { status, url, text, headers } = driver.page();
  const fail = (what: string): never => {
    throw new Error(`${what}: ${status} ${url}\n${log.join('\n')}\n${text.slice(0, 1500)}`);
  };
  const type = String(headers['content-type']);
  // Not pages: what scripts, programs and developers read, and files that the browser saves.
  if (/\/(postal-codes|\.well-known|docs)\//.test(url) || String(headers['content-disposition']).startsWith('attachment')) return;
  if (!type.startsWith('text/html')) fail(`not a page (${type})`);
  if (!text.includes('<main')) fail('not a page of ours');
  const ways = driver.links().filter(({ label, url: target }) => label !== '' && !target.includes('#'));
  if (ways.length === 0 && driver.forms().length === 0) fail('a dead end');
}

inWorld(
  { env: { LOG_LEVEL: 'error' } },
  async () => createHttpDriver(),
  (journey) => {
    it(`${WALKS} random walks see no server error and no dead end`, async () => {
      const { world } = journey;
      let next = 0;
      let steps = 0;
      const statuses = new Map<number, number>();
      const places = new Set<string>();
      const walker = async (): Promise<void> => {
        while (next < WALKS) {
          const number = next++;
          const random = createRandom(SEED * 100_000 + number);
          const driver = createHttpDriver({
            language: random() < 0.2 ? 'en' : 'ja',
            // A network for each walk, so that limits do not stop it.
            from: `127.${1 + (number >> 8)}.${number & 255}.1`,
          });
          const walk: Walk = { world, driver, random, log: [`walk ${number}, seed ${SEED}`] };
          const seen: string[] = [];
          const pick = pickWith(random);
          await driver.open(
            pick([`${world.origins.ownersSite}/login`, `${world.origins.notebook}/login`, `${world.origins.ownersSite}/login`]),
          );
          if (driver.url().startsWith(world.origins.ownersSite)) {
            await driver.fill('user_id', pick(['tanaka', 'suzuki', 'sato', 'yamada', 'ito']));
            await driver.fill('password', 'owners-2026');
            await driver.press(/ログイン|Log in|Sign in/);
            await driver.open(`${world.origins.ownersSite}/migration`);
          }
          for (let count = 0; count < STEPS; count += 1) {
            await step(walk, seen).catch((cause: unknown) => {
              throw new Error(`${String(cause)}\n${walk.log.join('\n')}\n${world.log()}`, { cause });
            });
            check(driver, walk.log);
            const { status, url } = driver.page();
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            places.add(new URL(url).pathname.replace(/(interaction|auth)\/[^/]+/, '$1/…'));
            steps += 1;
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, walker));
      expect(steps).toBe(WALKS * STEPS);
      expect(world.log()).not.toContain('request failed');
      // The walk did not get stuck.
      expect(places.size).toBeGreaterThan(25);
    });
  },
);
