// The order of the test files: those that take long first, so that no core waits at the end for one that began last.
import SequencerModule from '@jest/test-sequencer';

// A CommonJS module, whose default export Node hands over within another.
const Sequencer = SequencerModule.default ?? SequencerModule;

const LONG = [
  'journeys/abandoned',
  'nodes/on-mongo',
  'browser/new-id',
  'journeys/monkey',
  'browser/existing-id',
  'browser/english',
  'journeys/other-ways',
  'nodes/on-sqlite',
  'storage/mongo-half-made',
  'storage/mongo',
  'scripts/admin',
  'journeys/other-ways-client',
  'journeys/promises-restart',
  'keys/key-rotation',
  'journeys/other-ways-again',
  'attacks/ledger',
  'faults/faults',
  'apps/owners-site/migration',
  'journeys/promises',
  'attacks/same-call-again',
  'storage/mongo-processes',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONG.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? LONG.length : place;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}
