// The order of the test files: those that take long first, so that no core waits at the end for one that began last.
import SequencerModule from '@jest/test-sequencer';

// A CommonJS module, whose default export Node hands over within another.
const Sequencer = SequencerModule.default ?? SequencerModule;

const LONG = [
  'nodes/on-mongo',
  'journeys/abandoned',
  'browser/new-id',
  'browser/existing-id',
  'browser/english',
  'journeys/other-ways',
  'nodes/on-sqlite',
  'storage/mongo/half-made',
  'storage/mongo/mongo',
  'journeys/monkey',
  'journeys/promises',
  'journeys/promises-restart',
  'attacks/database-errors',
  'apps/maintenance-notebook/maintenance-notebook',
  'attacks/interleavings',
  'journeys/other-ways-client',
  'attacks/ledger',
  'journeys/other-ways-again',
  'browser/real-people',
  'browser/address-lookup',
  'attacks/login',
  'attacks/same-call-again',
  'attacks/second-press',
  'http/views',
  'attacks/ended',
  'scripts/storage-copy',
  'faults/faults',
  'attacks/session-and-csrf',
  'start/live-reload',
  'apps/owners-site/migration',
  'storage/mongo/processes',
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
