// keys retire: deletes keys.
import { removeKeyFile } from '../../../src/keys/key-files.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Action } from '../topic.ts';
import { describeKey, readKeyStates } from './read-key-states.ts';

export const retire: Action = {
  does: 'deletes the keys that are no longer published; with --kid, deletes that key immediately',
  options: { kid: 'a key that must no longer be trusted; tokens that it signed stop verifying' },
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
      throw new Error(`${signing.kid} is in use; make another key first: npm run admin -- keys rotate --publish-first 0s`);
    for (const key of named) removeKeyFile(key);
    const text = named.length
      ? named.map((key) => `Deleted ${key.kid} (${key.alg}).\n`).join('')
      : 'There is no key to delete.\n';
    return { json: named.map(describeKey), text };
  },
};
