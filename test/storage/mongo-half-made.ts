// Makes one change on a MongoDB and dies after its n-th write, when the server has answered it. Started by mongo-processes.test.ts with
// `<url> <change> <n>`.
import mongoose from 'mongoose';
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';

const CHANGES: Record<string, (storage: Storage) => Promise<unknown>> = {
  create: ({ accounts }) => accounts.create(sampleAccount('n', { email_canonical: 'new@example.jp' }), eventAbout('n')),
  change_email: ({ accounts }) => accounts.update(sampleAccount('a', { email_canonical: 'new@example.jp' }), eventAbout('a')),
  link_create: ({ dealerLinks }) => dealerLinks.create(sampleDealerLink('k'), eventAbout('k')),
  link_update: ({ dealerLinks }) => dealerLinks.update(sampleDealerLink('l', { status: 'active' }), eventAbout('l')),
  migration_create: ({ migrations }) => migrations.put(sampleMigration('k'), eventAbout('k')),
  migration_update: ({ migrations }) => migrations.put(sampleMigration('m', { version: 1 }), eventAbout('m')),
};

const [url = '', name = '', writes] = process.argv.slice(2);
const change = CHANGES[name];
if (!change) throw new Error(`no change is called ${name}`);

/** Every client of the driver, seen as it is made: the storage does not show its own. */
const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify']);
let left = Infinity;
const { connect } = mongoose.mongo.MongoClient.prototype;
mongoose.mongo.MongoClient.prototype.connect = function (this: mongoose.mongo.MongoClient) {
  this.on('commandSucceeded', ({ commandName }) => {
    if (WRITES.has(commandName) && --left === 0) process.kill(process.pid, 'SIGKILL');
  });
  return connect.call(this);
};

const storage = await openMongoStorage({ url: `${url}?monitorCommands=true`, clock: Date.now });
left = Number(writes);
await change(storage);
await storage.close();
