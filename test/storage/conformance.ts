// The contract suite: checks every sentence of src/storage/storage.ts on a backend. A backend's test calls `runConformance` and adds
// only tests of its own features.
import { describe } from '@jest/globals';
import { accountPromises } from './conformance/accounts.ts';
import { artifactPromises } from './conformance/artifacts.ts';
import { counterPromises } from './conformance/counters.ts';
import { dealerLinkPromises } from './conformance/dealer-links.ts';
import { emailCodePromises } from './conformance/email-codes.ts';
import { expiringStorePromises } from './conformance/expiring-stores.ts';
import { jobPromises } from './conformance/jobs.ts';
import { ledgerPromises } from './conformance/ledger.ts';
import { lifePromises } from './conformance/life.ts';
import { migrationPromises } from './conformance/migrations.ts';
import { numberPromises } from './conformance/numbers.ts';
import { populationPromises } from './conformance/population.ts';
import { sameCallPromises } from './conformance/same-call.ts';
import type { OpenBackend } from './conformance/subject.ts';

/**
 * Describes the suite for one backend.
 * @param name the backend's, in the names of the tests
 * @param open makes an empty storage of its own for each test
 */
export function runConformance(name: string, open: OpenBackend): void {
  describe(`storage on ${name}`, () => {
    describe('artifacts', () => artifactPromises(open));
    describe('accounts', () => accountPromises(open));
    describe('expiring stores', () => expiringStorePromises(open));
    describe('e-mail codes', () => emailCodePromises(open));
    describe('dealer links', () => dealerLinkPromises(open));
    describe('migrations', () => migrationPromises(open));
    describe('population', () => populationPromises(open));
    describe('jobs', () => jobPromises(open));
    describe('counters', () => counterPromises(open));
    describe('ledger', () => ledgerPromises(open));
    describe('the same call again', () => sameCallPromises(open));
    describe('numbers', () => numberPromises(open));
    describe('sweep, ping, close', () => lifePromises(open));
  });
}
