// npm run admin -- migration …: the campaign of a migration: the list of all legacy users, how far they have come, and what proves it.
import { createTopic } from './topic.ts';
import { funnel } from './migration/funnel.ts';
import { importList } from './migration/import.ts';
import { checkReconciliation, reconcileList } from './migration/reconcile.ts';
import { stuck } from './migration/stuck.ts';

export const command = createTopic('migration', {
  import: importList,
  funnel,
  stuck,
  reconcile: reconcileList,
  'check-reconciliation': checkReconciliation,
});
