// The request that a browser remembers in its cookie.
import { expect, test } from '@jest/globals';
import {
  queryOf,
  readRecentRequest,
  readRequestOf,
  rememberRequest,
  requestIsOver,
} from '../../src/interaction/recent-request.ts';

/** The cookies of one browser. */
function createCookies() {
  const jar = new Map<string, string>();
  const written: string[] = [];
  return {
    written,
    size: () => [...jar.values()].reduce((sum, value) => sum + value.length, 0),
    cookies: {
      get: (name: string) => jar.get(name),
      set: (name: string, value: string) => {
        written.push(name);
        jar.set(name, value);
      },
    },
  };
}
const request = (uid: string, cid = 'one') => ({ clientId: 'a~site/ü!%7E', cid, uid });

test('the pages of one request are remembered once each, the newest last', () => {
  const browser = createCookies();
  for (const uid of ['a', 'b', 'a']) rememberRequest(browser as never, true, request(uid));
  expect(readRecentRequest(browser as never, true)).toEqual({ clientId: 'a~site/ü!%7E', cid: 'one', uids: ['b', 'a'] });
});

test('R12 requests of several tabs: each page finds its own, and the one that is used is the newest', () => {
  const browser = createCookies();
  const cidOf = (uid: string) => readRequestOf(browser as never, false, uid)?.cid;
  for (const [uid, cid] of ['a1', 'b1', 'c1', 'a2'].map((page) => [page, page[0]] as const))
    rememberRequest(browser as never, false, request(uid, cid));
  expect(['a1', 'a2', 'b1', 'c1', 'of nobody'].map(cidOf)).toEqual(['a', 'a', 'b', 'c', 'a']);
  expect(readRecentRequest(browser as never, false)).toEqual({ clientId: 'a~site/ü!%7E', cid: 'a', uids: ['a1', 'a2'] });
  // The page of another tab ends its own request.
  rememberRequest(browser as never, false, { ...request('b2', 'b'), query: 'client_id=b' });
  requestIsOver(browser as never, false, 'a2');
  expect(readRequestOf(browser as never, false, 'b1')).toMatchObject({ uids: ['b1', 'b2'], query: 'client_id=b' });
  requestIsOver(browser as never, false, 'b2');
  expect(readRequestOf(browser as never, false, 'b1')).toEqual({
    clientId: 'a~site/ü!%7E',
    cid: 'b',
    uids: ['b1', 'b2'],
    isOver: true,
  });
  // It begins again.
  rememberRequest(browser as never, false, { ...request('b3', 'b'), query: 'client_id=b' });
  expect(readRequestOf(browser as never, false, 'b1')).not.toHaveProperty('isOver');
});

test('R12 any number of long requests: the newest ones are remembered, in less than 5 KB', () => {
  const browser = createCookies();
  for (let n = 0; n < 20; n += 1)
    rememberRequest(browser as never, true, { ...request(`page-${n}`, `request-${n}`), query: `n=${n}&${'x'.repeat(1100)}` });
  const known = Array.from({ length: 20 }, (_, n) => readRequestOf(browser as never, true, `page-${n}`)?.cid === `request-${n}`);
  expect(known.indexOf(true)).toBe(known.lastIndexOf(false) + 1);
  expect(known.filter(Boolean).length).toBeGreaterThan(1);
  expect(browser.size()).toBeLessThan(5000);
});

test('a request that starts again keeps the pages of the first time, and a request that is over does not start again', () => {
  const browser = createCookies();
  const params = { client_id: 'web', state: 'a', resource: ['https://one.example', 'https://two.example'], max_age: undefined };
  const query = 'client_id=web&state=a&resource=https%3A%2F%2Fone.example&resource=https%3A%2F%2Ftwo.example';
  expect(queryOf({ params })).toBe(query);
  // A device begins its request itself.
  expect(queryOf({ params, deviceCode: 'd' })).toBeUndefined();
  rememberRequest(browser as never, true, { ...request('a'), query });
  rememberRequest(browser as never, true, { ...request('b', 'another'), query });
  const { cookies } = browser;
  expect(readRecentRequest(browser as never, true)).toEqual({
    clientId: 'a~site/ü!%7E',
    cid: 'another',
    uids: ['a', 'b'],
    query,
  });
  requestIsOver({ cookies } as never, true, 'b');
  expect(readRecentRequest(browser as never, true)).toEqual({
    clientId: 'a~site/ü!%7E',
    cid: 'another',
    uids: ['a', 'b'],
    isOver: true,
  });
});

test.each([
  ['is long', { client_id: 'web', state: 'x'.repeat(1200) }, undefined],
  ['names a person by a token', { client_id: 'web', id_token_hint: 'x.y.z' }, undefined],
])('a request that %s: its query is not kept', (_name, params, query) => expect(queryOf({ params })).toBe(query));

test('the cookie has a limited number of pages, and is not set again for its newest page', () => {
  const browser = createCookies();
  for (let page = 1; page <= 20; page += 1) rememberRequest(browser as never, true, request(`${page}`));
  rememberRequest(browser as never, true, request('20'));
  expect(browser.written).toHaveLength(20);
  expect(new Set(browser.written)).toEqual(new Set(['__Host-common-id.request']));
  expect(readRecentRequest(browser as never, true)?.uids).toEqual(Array.from({ length: 12 }, (_, index) => `${index + 9}`));
});

test('no request: no cookie', () => {
  expect(readRecentRequest(createCookies() as never, true)).toBeUndefined();
});
