// Redirect URIs in client files: which are accepted, and the sentences about the others.
import { describe, expect, test } from '@jest/globals';
import { kinds, NAME, native, nativeKinds, sentences, web } from './client-file.ts';

describe('redirect URIs', () => {
  test.each<[string, string]>([
    ['http://app.example.jp/cb', `expected ${kinds}, found 'http://app.example.jp/cb'; use https://app.example.jp/cb`],
    [
      'https://*.example.jp/cb',
      "expected a URL without a wildcard, found 'https://*.example.jp/cb'; list each URL: URLs are compared exactly",
    ],
    [
      'https://app.example.jp/cb#x',
      "expected a URL without a fragment, found 'https://app.example.jp/cb#x'; use https://app.example.jp/cb",
    ],
    [
      'https://app.example.jp/cb#',
      "expected a URL without a fragment, found 'https://app.example.jp/cb#'; use https://app.example.jp/cb",
    ],
    [
      'https://good.example.jp@evil.example.jp/',
      "expected a URL without a user name or password, found 'https://good.example.jp@evil.example.jp/'",
    ],
    ['jp.example.app:/cb', `expected ${kinds}, found 'jp.example.app:/cb'; private schemes are for "application_type": "native"`],
    [
      'http://127.0.0.1.evil.example/',
      `expected ${kinds}, found 'http://127.0.0.1.evil.example/'; use https://127.0.0.1.evil.example/`,
    ],
    ['/callback', `expected ${kinds}, found '/callback'`],
    ['', 'expected a URL, found nothing'],
  ])('of a web client: %s', (uri, sentence) => {
    expect(sentences({ ...web, redirect_uris: ['https://app.example.jp/', uri] })).toEqual([
      `${NAME}: redirect_uris[1]: ${sentence}`,
    ]);
    expect(sentences({ ...web, post_logout_redirect_uris: [uri] })).toEqual([
      `${NAME}: post_logout_redirect_uris[0]: ${sentence}`,
    ]);
  });

  test.each<[string, string]>([
    ['http://localhost/cb', `expected ${nativeKinds}, found 'http://localhost/cb'; use http://127.0.0.1/cb`],
    ['http://app.example.jp/cb', `expected ${nativeKinds}, found 'http://app.example.jp/cb'; use https://app.example.jp/cb`],
    ['https://127.0.0.1/cb', `expected ${nativeKinds}, found 'https://127.0.0.1/cb'; use http://127.0.0.1/cb`],
    ['myapp:/cb', `expected ${nativeKinds}, found 'myapp:/cb'; use a scheme such as jp.example.app:/callback`],
    [
      'javascript:alert(1)',
      `expected ${nativeKinds}, found 'javascript:alert(1)'; use a scheme such as jp.example.app:/callback`,
    ],
  ])('of a native client: %s', (uri, sentence) => {
    expect(sentences({ ...native, redirect_uris: [uri] })).toEqual([`${NAME}: redirect_uris[0]: ${sentence}`]);
  });

  test('of a native client: an app link (a claimed https URL), and after a logout localhost too (RFC 8252, section 7)', () => {
    const links = ['https://app.example.jp/callback'];
    const afterLogout = ['http://localhost/bye', 'http://127.0.0.1/bye', 'http://[::1]/bye', 'https://app.example.jp/bye'];
    for (const mode of ['development', 'production'] as const)
      expect(sentences({ ...native, redirect_uris: links, post_logout_redirect_uris: afterLogout }, mode)).toEqual([]);
    expect(sentences({ ...native, post_logout_redirect_uris: ['http://app.example.jp/bye'] })).toHaveLength(1);
  });

  test('of a web client in production must not be on this machine', () => {
    const production = 'an https URL (or http on loopback for a native client)';
    const hint = 'use the URL that customers reach: a web client does not run on their machines';
    expect(sentences({ ...web, redirect_uris: ['http://localhost:3001/cb', 'https://localhost/cb'] }, 'production')).toEqual([
      `${NAME}: redirect_uris[0]: expected ${production}, found 'http://localhost:3001/cb'; ${hint}`,
      `${NAME}: redirect_uris[1]: expected ${production}, found 'https://localhost/cb'; ${hint}`,
    ]);
    expect(sentences(native, 'production')).toEqual([]);
  });
});
