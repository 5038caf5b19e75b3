// The request that a browser remembers in its cookie.
import { expect, test } from '@jest/globals';
import { queryOf, readRecentRequest, rememberRequest, requestIsOver } from '../../src/interaction/recent-request.ts';

/** The cookies of one browser. */
function createCookies() {
  const jar = new Map<string, string>();
  const written: string[] = [];
  return {
    written,
    cookies: {
      get: (name: string) => jar.get(name),
      set: (name: string, value: string) => {
        written.push(name);
        jar.set(name, value);
      },
    },
  };
}
const request = (uid: string, cid = 'one') => ({ clientId: 'a~site/ü%7E', cid, uid });

test('the pages of one request are remembered once each, the newest last', () => {
  const browser = createCookies();
  for (const uid of ['a', 'b', 'a']) rememberRequest(browser as never, true, request(uid));
  expect(readRecentRequest(browser as never, true)).toEqual({ clientId: 'a~site/ü%7E', cid: 'one', uids: ['b', 'a'] });
});

test('another request replaces the earlier one and its pages', () => {
  const browser = createCookies();
  rememberRequest(browser as never, false, request('a'));
  rememberRequest(browser as never, false, request('b', 'another'));
  expect(readRecentRequest(browser as never, false)).toEqual({ clientId: 'a~site/ü%7E', cid: 'another', uids: ['b'] });
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
  expect(readRecentRequest(browser as never, true)).toEqual({ clientId: 'a~site/ü%7E', cid: 'another', uids: ['a', 'b'], query });
  requestIsOver({ cookies } as never, true);
  expect(readRecentRequest(browser as never, true)).toEqual({ clientId: 'a~site/ü%7E', cid: 'another', uids: ['a', 'b'] });
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
