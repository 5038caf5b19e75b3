// The mailbox in a browser and for scripts: the list, one mail, its HTML by itself, its source.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { LOCALE_OF, type Language } from '../../http/translator.ts';
import type { Message, MessageStore } from './message-store.ts';

/**
 * What a mail may do in its frame: show its own styles and embedded images. No script, no form, nothing from elsewhere (a
 * tracking pixel would not load), and `sandbox` keeps it apart from this origin even when it is opened in a tab of its own.
 */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups";

function messageId(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
}

/** All of them only read; nothing here has a form. */
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

  // `?to=` for scripts that wait for one mail: all of them are a megabyte.
  router.get('/messages.json', (ctx) => {
    const address = typeof ctx.query['to'] === 'string' ? ctx.query['to'] : undefined;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = store
      .list(address)
      .map(({ id, to, subject, text, html, received_at }) => ({ id, to, subject, text, html, received_at }));
  });

  // In front of `:id`, which would take the suffix for a part of the id.
  router.get('/messages/:id.eml', (ctx) => {
    const raw = found(store.findRaw(messageId(ctx.params.id)));
    ctx.set('Cache-Control', 'no-store');
    // Plain text: a browser shows it, whatever the mail claims to be.
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
