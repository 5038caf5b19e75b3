// A TCP proxy that knows the messages of MongoDB's protocol (OP_MSG), and harms a chosen one of them.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import mongoose from 'mongoose';

/**
 * What happens to one message of a client:
 * - `lost`: the connection is cut before the server has it
 * - `unanswered`: the server carries it out, and the connection is cut before the client has the answer
 * - `killed before`, `killed after`: the same, and the client never gets through again
 * - `late`: the connection is cut, and the server gets the message when the test says `release`
 * - `held`: the client waits until the test says `release`
 * - `garbled`: the answer is bytes that mean nothing; `misnumbered`: it claims to be longer than it is
 * - `on too few disks`: the server carries it out, and the answer says that the write concern was not met
 */
export type MessageFault = 'lost' | 'unanswered' | 'killed before' | 'killed after' | 'late' | 'held' | keyof typeof CHANGES;

export type MongoProxy = {
  /** The same database through the proxy. */
  url: string;
  /** The names of the commands that were sent since `harm` was called. */
  sent(): string[];
  /**
   * Harms the n-th command from now on (1: the next one). Heartbeats and greetings do not count.
   * @param counts which commands count, by `<command> <collection>`; all by default
   */
  harm(n: number, fault: MessageFault, counts?: (command: string) => boolean): void;
  /** Stops harming commands. */
  spare(): void;
  /** The command that was harmed; `undefined` if too few were sent. */
  struck(): string | undefined;
  /** Resolves when a command is harmed. */
  untilStruck(): Promise<void>;
  /** Lets go of a message that is `late` or `held`; resolves when the server has answered it. */
  release(): Promise<void>;
  close(): Promise<void>;
};

const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** Header, flags, kind of the section (0: one document). */
const START_OF_DOCUMENT = HEADER_BYTES + 4 + 1;
/** BSON's type of a text. */
const TEXT = 2;
const CHANGES = { garbled: garble, misnumbered: misnumber, 'on too few disks': addWriteConcernError };
const NOT_COUNTED = new Set(['hello', 'isMaster', 'ismaster', 'endSessions', 'buildInfo']);

export async function startMongoProxy(directUrl: string): Promise<MongoProxy> {
  const direct = new URL(directUrl);
  const sockets = new Set<Socket>();
  let plan: { left: number; fault: MessageFault; counts: (command: string) => boolean } | undefined;
  let sent: string[] = [];
  let struck: string | undefined;
  let isDead = false;
  let kept: { target: Socket; message: Buffer; answered: Promise<void> } | undefined;
  let notice: () => void = () => undefined;
  let noticed: Promise<void> = Promise.resolve();

  const cut = (...ended: Socket[]): void => {
    for (const socket of ended) socket.destroy();
  };

  function strike(client: Socket, target: Socket, message: Buffer, fault: MessageFault): void {
    struck = sent.at(-1);
    const die = fault.startsWith('killed');
    if (die) isDead = true;
    const answered = (act: (answer: Buffer) => void): Promise<void> =>
      new Promise((resolve) => {
        target.removeAllListeners('data');
        target.once('data', (answer: Buffer) => {
          act(answer);
          resolve();
        });
        target.once('close', () => resolve());
      });
    switch (fault) {
      case 'lost':
      case 'killed before':
        if (die) cut(...sockets);
        cut(client, target);
        return notice();
      case 'unanswered':
      case 'killed after':
        void answered(() => cut(client, target, ...(die ? sockets : []))).then(notice);
        target.write(message);
        return undefined;
      case 'late':
      case 'held':
        client.removeAllListeners('close');
        kept = { target, message, answered: answered((answer) => (fault === 'held' ? client.write(answer) : cut(target))) };
        if (fault === 'late') cut(client);
        else void kept.answered.then(() => pipe(client, target));
        return notice();
      case 'garbled':
      case 'misnumbered':
      case 'on too few disks':
        void answered((answer) => client.write(CHANGES[fault](answer))).then(notice);
        target.write(message);
    }
  }

  /** Passes answers back as they come. */
  function pipe(client: Socket, target: Socket): void {
    target.removeAllListeners('data').on('data', (chunk: Buffer) => client.write(chunk));
    client.on('close', () => target.destroy());
  }

  const server = createServer((client) => {
    if (isDead) return client.destroy();
    const target = connect(Number(direct.port), direct.hostname);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    target.on('close', () => client.destroy());
    pipe(client, target);
    let waiting = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= HEADER_BYTES && waiting.length >= waiting.readInt32LE(0)) {
        const message = waiting.subarray(0, waiting.readInt32LE(0));
        waiting = waiting.subarray(message.length);
        const command = commandOf(message);
        if (command === undefined || !plan?.counts(command)) {
          target.write(message);
          continue;
        }
        sent.push(command);
        plan.left -= 1;
        if (plan.left === 0) strike(client, target, message, plan.fault);
        else target.write(message);
      }
    });
    return undefined;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(directUrl);
  url.hostname = '127.0.0.1';
  url.port = `${(server.address() as AddressInfo).port}`;
  url.searchParams.set('directConnection', 'true');

  return {
    url: url.href,
    sent: () => sent,
    harm(n, fault, counts = () => true) {
      plan = { left: n, fault, counts };
      sent = [];
      struck = undefined;
      noticed = new Promise((resolve) => (notice = resolve));
    },
    spare() {
      plan = undefined;
    },
    struck: () => struck,
    untilStruck: async () => noticed,
    async release() {
      if (!kept) return;
      const { target, message, answered } = kept;
      kept = undefined;
      target.write(message);
      await answered;
    },
    async close() {
      cut(...sockets);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returns the command of a message and its collection; `undefined` if the command concerns no data. */
function commandOf(message: Buffer): string | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  // The document's length, the first element's type, and its name.
  const start = START_OF_DOCUMENT + 4 + 1;
  const end = message.indexOf(0, start);
  const name = message.toString('latin1', start, end);
  // A text follows: its length, and the text.
  const collection = message[start - 1] === TEXT ? message.toString('utf8', end + 5, message.indexOf(0, end + 5)) : '';
  return NOT_COUNTED.has(name) ? undefined : `${name} ${collection}`;
}

/** A whole message whose document makes no sense; its length stays, because the driver turns in circles after a negative one. */
function garble(answer: Buffer): Buffer {
  const kept = START_OF_DOCUMENT + 4;
  return Buffer.concat([answer.subarray(0, kept), Buffer.alloc(answer.length - kept, 0xe7)]);
}

function misnumber(answer: Buffer): Buffer {
  const wrong = Buffer.from(answer);
  wrong.writeInt32LE(0x7f_00_00_00, 0);
  return wrong;
}

/** The answer of a server outside of a replica set to `w: 2`. It has the same code as a refused command. */
function addWriteConcernError(answer: Buffer): Buffer {
  const { BSON } = mongoose.mongo;
  const said = BSON.deserialize(answer.subarray(START_OF_DOCUMENT), { promoteValues: false });
  const writeConcernError = { code: 2, codeName: 'BadValue', errmsg: "cannot use 'w' > 1 when a host is not replicated" };
  const changed = Buffer.concat([answer.subarray(0, START_OF_DOCUMENT), BSON.serialize({ ...said, writeConcernError })]);
  changed.writeInt32LE(changed.length, 0);
  return changed;
}
