// Undoes a finished migration with the link in the mails to both addresses. Opening the link changes nothing, because mail
// scanners do so.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { formatTime } from '../../http/format-time.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { UNDO_PATH } from '../../jobs/follow-migration.ts';
import { findUndoable, undoByToken, type UndoableMigration } from './flow.ts';

/** Adds the pages of the undo link. */
export function addMigrationUndoRoutes(router: Router<PageState>, deps: Deps): void {
  const dead = (): PageError =>
    new PageError('migration_undo_dead', { detail: 'no migration that this token can undo, or its time is over' });

  /** Asks for confirmation, or says that the migration was undone. The link can be opened any number of times. */
  async function show(ctx: PageContext, { migration, isFinal }: UndoableMigration, token: string): Promise<void> {
    const { t, language } = ctx.state;
    const client = deps.clients.find(migration.client_id);
    const serviceName = client?.name[language] ?? migration.client_id;
    if (!isFinal) {
      const start = client?.metadata.client_uri;
      return page(ctx, 'migration-undone', {
        kind: 'note',
        title: t('migration_undone.title'),
        serviceName,
        wayOn: typeof start === 'string' ? start : '/',
      });
    }
    const account = await deps.storage.accounts.find(migration.account_id ?? '');
    page(ctx, 'migration-undo', {
      kind: 'step',
      title: t('migration_undo.title'),
      action: UNDO_PATH,
      token,
      serviceName,
      email: account?.email ?? '',
      time: formatTime(migration.completed_at ?? 0, language),
    });
  }

  router.get(UNDO_PATH, async (ctx) => {
    const token = typeof ctx.query.token === 'string' ? ctx.query.token : '';
    const found = await findUndoable(deps, token);
    if (!found) throw dead();
    await show(ctx, found, token);
  });
  router.post(UNDO_PATH, async (ctx) => {
    const token = formField(ctx, 'token');
    const found = await undoByToken(deps, token);
    if (!found) throw dead();
    // The page shows the current state, even after a reload.
    redirect(ctx, `${UNDO_PATH}?token=${encodeURIComponent(token)}`);
  });
}
