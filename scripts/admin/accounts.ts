// npm run admin -- accounts …: what the support desk sees of a person, and does for them.
import { disable, enable, endSignIns, erase, removeSecondFactor, unlock } from './accounts/changes.ts';
import { exportData } from './accounts/export.ts';
import { find } from './accounts/find.ts';
import { show } from './accounts/show.ts';
import { timeline } from './accounts/timeline.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('accounts', {
  find,
  show,
  timeline,
  unlock,
  'end-sessions': endSignIns,
  disable,
  enable,
  'remove-second-factor': removeSecondFactor,
  export: exportData,
  erase,
});
