// keys list: prints the state of each key.
import { table } from '../table.ts';
import type { Action } from '../topic.ts';
import { describeKey, readKeyStates } from './read-key-states.ts';

const MEANING = {
  next: 'published, does not sign yet',
  current: 'signs',
  old: 'published until everything it signed has expired',
  over: 'no longer published',
} as const;

export const list: Action = {
  does: 'lists the keys: the one that signs, the next one, and the old ones that are still published',
  async run({ env, directory }) {
    const { config, keys } = readKeyStates(env, directory, Date.now());
    const rows = keys.map(describeKey);
    const cells = rows.map(({ kid, alg, use, state, until }) => [
      kid,
      alg,
      state === 'current' && use === 'enc' ? 'clients encrypt to it' : MEANING[state],
      until ?? '',
    ]);
    const text = rows.length
      ? table([['KEY', 'ALGORITHM', 'STATE', 'UNTIL'], ...cells])
      : `There are no keys in ${config.keyDirectory}.\n`;
    return { json: rows, text };
  },
};
