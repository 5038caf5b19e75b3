// Orders the test files: long ones first, so that no core is idle at the end while another one runs a long file.
import SequencerModule from '@jest/test-sequencer';

// A CommonJS module: Node wraps its default export in another one.
const Sequencer = SequencerModule.default ?? SequencerModule;

const LONG = [
  'nodes/on-sqlite',
  'nodes/on-mongo',
  'storage/mongo/half-made',
  'journeys/promises',
  'browser/new-id',
  'journeys/abandoned',
  'storage/mongo/mongo',
  'browser/real-people',
  'browser/english',
  'attacks/interleavings',
  'attacks/database-errors',
  'start/live-reload',
  'journeys/promises-restart',
  'journeys/monkey',
  'journeys/other-ways',
  'apps/maintenance-notebook/maintenance-notebook',
  'attacks/session-and-csrf',
  'browser/address-lookup',
  'browser/existing-id',
  'attacks/same-call-again',
  'journeys/other-ways-client',
  'journeys/other-ways-again',
  'attacks/login',
  'attacks/ledger',
  'attacks/registration',
  'attacks/withdrawal-interrupted',
  'attacks/second-press',
  'attacks/ended',
  'attacks/unfinished-changes',
  'http/views',
  'scripts/admin',
  'scripts/storage-copy',
  'faults/faults',
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
