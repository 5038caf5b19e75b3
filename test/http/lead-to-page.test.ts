// A GET of an address that answers POST only.
import { expect, test } from '@jest/globals';
import Koa from 'koa';
import Router from 'koa-router';
import { leadToPage } from '../../src/http/lead-to-page.ts';
import type { PageState } from '../../src/http/page-context.ts';
import { serve } from '../apps/serve.ts';

test('R7 a form’s address without a page leads to the nearest page above it, up to the start page', async () => {
  const router = new Router<PageState>();
  const answer = (ctx: Koa.ParameterizedContext): void => void (ctx.body = ctx.path);
  router.get('/', answer).get('/cars', answer).get('/cars/:id', answer).get('/only/pages', answer);
  router.post('/logout', answer).post('/cars/:id/bookings/cancel', answer).post('/only/forms', answer);
  const koa = new Koa<PageState>();
  koa.use(router.routes()).use(leadToPage(router));
  const app = await serve(async () => ({ koa }));
  for (const [path, status, location] of [
    ['/logout', 303, '/'],
    ['/cars/7/bookings/cancel', 303, '/cars/7'],
    ['/only/forms', 303, '/'],
    ['/cars', 200, null],
    ['/nothing', 404, null],
  ] as const) {
    const got = await fetch(`${app.origin}${path}`, { redirect: 'manual' });
    expect([path, got.status, got.headers.get('location')]).toEqual([path, status, location]);
  }
  await app.close();
});
