// keys retire: takes keys away.
import { removeKeyFile } from '../../../src/keys/key-files.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Action } from '../topic.ts';
import { describeKey, readKeyStates } from './read-key-states.ts';

export const retire: Action = {
  does: 'deletes the keys that are not published any more; with --kid one that is still needed, at once',
  options: { kid: 'a key that others must not trust any more: what it signed does not verify from now on' },
  async run({ values: { kid }, env, directory }) {
    const { keys } = readKeyStates(env, directory, Date.now());
    const named = keys.filter((key) => (kid === undefined ? key.state === 'over' : key.kid === kid));
    if (kid !== undefined && named.length === 0)
      throw new Error(
        `there is no key ${kid}${didYouMean(
          kid,
          keys.map((key) => key.kid),
        )}`,
      );
    const [signing] = named.filter(({ state }) => state === 'current');
    if (signing)
      throw new Error(
        `${signing.kid} is the key that is used now; make another one first: npm run admin -- keys rotate --publish-first 0s`,
      );
    for (const key of named) removeKeyFile(key);
    const text = named.length ? named.map((key) => `Deleted ${key.kid} (${key.alg}).\n`).join('') : 'No key is over.\n';
    return { json: named.map(describeKey), text };
  },
};
