// The mailbox for browsers and scripts: the list, one mail, its HTML alone, and its source.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { LOCALE_OF, type Language } from '../../language.ts';
import type { Message, MessageStore } from './message-store.ts';

/**
 * A mail in its frame may use its own styles and embedded images. It may not run scripts, submit forms or load anything
 * remote, such as a tracking pixel. `sandbox` isolates it from this origin even in its own tab.
 */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups";

function messageId(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
}

/** Creates the router. All routes are read-only. */
export function mailboxRoutes(store: MessageStore): Router<PageState> {
  const router = new Router<PageState>();

  function found<T>(value: T | undefined): T {
    if (value === undefined) throw new PageError('not_found');
    return value;
  }

  function shown(message: Message, language: Language): Message & { time: string } {
    const format = new Intl.DateTimeFormat(LOCALE_OF[language], {
      dateStyle: 'medium',
      timeStyle: 'medium',
      timeZone: 'Asia/Tokyo',
    });
    return { ...message, time: format.format(new Date(message.received_at)) };
  }

  router.get('/', (ctx) => {
    page(ctx, 'messages', {
      kind: 'site',
      title: ctx.state.t('messages.title'),
      messages: store.list().map((message) => shown(message, ctx.state.language)),
    });
  });

  // `?to=` is for scripts that wait for one mail; the full list is about a megabyte.
  router.get('/messages.json', (ctx) => {
    const address = typeof ctx.query['to'] === 'string' ? ctx.query['to'] : undefined;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = store
      .list(address)
      .map(({ id, to, subject, text, html, received_at }) => ({ id, to, subject, text, html, received_at }));
  });

  // Must come before `:id`, which would match the suffix as part of the id.
  router.get('/messages/:id.eml', (ctx) => {
    const raw = found(store.findRaw(messageId(ctx.params.id)));
    ctx.set('Cache-Control', 'no-store');
    // Plain text, so that a browser shows the source and never renders it.
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = raw;
  });

  router.get('/messages/:id', (ctx) => {
    const message = found(store.find(messageId(ctx.params.id)));
    page(ctx, 'message', {
      kind: 'site',
      title: message.subject || ctx.state.t('messages.no_subject'),
      message: shown(message, ctx.state.language),
    });
  });

  router.get('/messages/:id/html', (ctx) => {
    const message = found(store.find(messageId(ctx.params.id)));
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Content-Security-Policy', MAIL_POLICY);
    ctx.type = 'html';
    ctx.body = message.html;
  });

  return router;
}
