// The discovery document is cached, and every client gets its own correct answer.
import { expect, test } from '@jest/globals';
import Koa from 'koa';
import { createDiscovery, DISCOVERY_PATHS } from '../../../src/oidc/endpoints/discovery.ts';
import { serve } from '../../apps/serve.ts';
import { sendRaw } from '../../support/http-browser.ts';

test('it is cached for any request scheme; another origin is computed each time', async () => {
  let made = 0;
  const served = await serve(async () => {
    const koa = new Koa({ proxy: true });
    koa.use(createDiscovery());
    koa.use((ctx) => {
      made += 1;
      if (ctx.get('Origin')) ctx.set('Access-Control-Allow-Origin', '*');
      Object.assign(ctx, { oidc: { route: 'discovery' } });
      ctx.body = { issuer: ctx.protocol, id_token_encryption_alg_values_supported: ['dir'] };
    });
    return { koa };
  });
  try {
    const url = `${served.origin}${DISCOVERY_PATHS[0] ?? ''}`;
    const ask = async (headers: Record<string, string>) => sendRaw(url, { headers });
    const https = { 'X-Forwarded-Proto': 'https' };
    const answers = [await ask({}), await ask({}), await ask(https), await ask(https)];
    expect(answers.map(({ text }) => JSON.parse(text) as object)).toEqual(
      ['http', 'http', 'http', 'http'].map((issuer) => ({
        issuer,
        prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
      })),
    );
    expect(answers[1]?.headers['content-type']).toBe(answers[0]?.headers['content-type']);
    expect(answers[1]?.headers.vary).toBe('Origin');
    expect(made).toBe(1);
    expect((await ask({ Origin: 'https://app.example.jp' })).headers['access-control-allow-origin']).toBe('*');
    expect(made).toBe(2);
  } finally {
    await served.close();
  }
});
