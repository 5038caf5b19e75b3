// npm run admin -- migration …: the campaign of a migration: the list of all legacy users, the waves of mails, how far people have come, and what
// proves it.
import { createTopic, type AdminCommand } from './topic.ts';
import { forecast } from './migration/forecast.ts';
import { funnel } from './migration/funnel.ts';
import { importList } from './migration/import.ts';
import { checkReconciliation, reconcileList } from './migration/reconcile.ts';
import { stuck } from './migration/stuck.ts';
import { wave } from './migration/wave.ts';

const topic = createTopic('migration', {
  import: importList,
  funnel,
  stuck,
  forecast,
  reconcile: reconcileList,
  'check-reconciliation': checkReconciliation,
});

export const command: AdminCommand = {
  usage: [...topic.usage, ...wave.usage],
  async run(args) {
    const [first, ...rest] = args;
    if (first === 'wave') return wave.run(rest);
    await topic.run(args);
    if (first === undefined || first === 'help' || first === '--help') await wave.run([]);
  },
};
