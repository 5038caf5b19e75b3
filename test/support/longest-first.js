// The order of the test files: those that take long first, so that no core waits at the end for one that began last.
import SequencerModule from '@jest/test-sequencer';

// A CommonJS module, whose default export Node hands over within another.
const Sequencer = SequencerModule.default ?? SequencerModule;

const LONG = [
  'browser/new-id',
  'journeys/monkey',
  'nodes/on-mongo',
  'nodes/on-sqlite',
  'browser/existing-id',
  'faults/faults',
  'journeys/other-ways',
  'browser/english',
  'journeys/promises',
  'scripts/admin',
  'storage/mongo-half-made',
  'journeys/promises-restart',
  'key-rotation',
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
