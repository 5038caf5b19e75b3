// Runs random interleavings: `node interleavings-process.ts <registrations> <lives> [seed] [path]`: how many
// of each kind. Prints its steps; ends with 1 if an invariant
// is broken, with the seed and path that replay the same steps. On SQLite, or on the database of DATABASE_URL.
import fc from 'fast-check';
import { DEEDS, playLife, type Deed, type LifeStep } from './account-life.ts';
import { play, type Action, type Step } from './two-people.ts';
import type { Disturbance } from './unsettled-storage.ts';
import { startUnsettledWorld } from './unsettled-world.ts';

const mostly = <T>(often: T, seldom: T) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: fc.constant(seldom) });

const typed = { address: mostly('own' as const, "the other's" as const), code: mostly('right' as const, 'wrong' as const) };
const button = mostly(0, 1);

const what = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('press' as const),
      form: mostly(0, 1),
      button,
      ...typed,
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('press on an earlier page' as const),
      back: fc.integer({ min: 1, max: 5 }),
      button,
      ...typed,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), way: mostly('new' as const, 'existing' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open the other request' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('go to' as const),
      page: fc.constantFrom('email' as const, 'code' as const, 'profile' as const, 'confirm' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget the password' as const), address: typed.address }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change the address' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('log out' as const) }) },
);

const action: fc.Arbitrary<Action> = fc
  .tuple(
    fc.constantFrom('A' as const, 'B' as const),
    fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 }) }),
    what,
  )
  .map(([person, tab, done]) => ({ person, tab, ...done }));

const disturbance: fc.Arbitrary<Disturbance> = fc.constantFrom('none', 'delay', 'delay', 'conflict');

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      actions: fc.oneof({ weight: 1, arbitrary: fc.tuple(action) }, { weight: 2, arbitrary: fc.tuple(action, action) }),
      plan: fc.array(disturbance, { maxLength: 12 }),
    }),
    { minLength: 4, maxLength: 8 },
  )
  .map((random) => [
    // Both have begun, because the interesting states come after that.
    {
      actions: [
        { person: 'A', tab: 0, do: 'start', way: 'new' },
        { person: 'B', tab: 0, do: 'start', way: 'new' },
      ],
      plan: [],
    },
    ...random,
  ]);

const handedOver = fc.constantFrom('own' as const, "the other's" as const, 'none' as const);

const deed: fc.Arbitrary<Deed> = fc.record({
  person: mostly('A' as const, 'B' as const),
  browser: fc.constantFrom(0 as const, 1 as const),
  do: fc.constantFrom(...DEEDS),
});
/** The same person in both browsers, where most rules meet. */
const bothBrowsers = fc.tuple(fc.constantFrom(...DEEDS), fc.constantFrom(...DEEDS)).map(([one, other]): Deed[] => [
  { person: 'A', browser: 0, do: one },
  { person: 'A', browser: 1, do: other },
]);
/** The steps of a lost mailbox, which follow each other seldom otherwise. */
const ofMailbox: fc.Arbitrary<Deed> = fc
  .constantFrom('lose the mailbox' as const, 'approve the other mailbox' as const, 'stop the other mailbox' as const)
  .map((one) => ({ person: 'A', browser: 1, do: one }));
const life: fc.Arbitrary<LifeStep[]> = fc
  .array(
    fc.record({
      deeds: fc.oneof(fc.tuple(deed), fc.tuple(deed, deed), bothBrowsers, fc.tuple(ofMailbox, deed)),
      plan: fc.array(disturbance, { maxLength: 12 }),
    }),
    { minLength: 5, maxLength: 8 },
  )
  .map((random) => [
    {
      deeds: [
        { person: 'A', browser: 0, do: 'add a passkey' },
        { person: 'A', browser: 1, do: 'sign in' },
      ],
      plan: [],
    },
    ...random,
  ]);

const [registrationRuns, lifeRuns, seed, path] = process.argv.slice(2);
const world = await startUnsettledWorld(process.env.DATABASE_URL);
try {
  const again = {
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
    // A shorter sequence has other states; the first failed one says most.
    endOnFailure: true,
  };
  const registrations = fc.asyncProperty(handedOver, steps, async (email, sequence) => play(world, email, sequence));
  const lives = fc.asyncProperty(life, async (sequence) => playLife(world, sequence));
  if (Number(registrationRuns) > 0) await fc.assert(registrations, { ...again, numRuns: Number(registrationRuns) });
  if (Number(lifeRuns) > 0) await fc.assert(lives, { ...again, numRuns: Number(lifeRuns) });
  const reached = { deliveries: world.deliveries.length, ...world.reached };
  process.stdout.write(JSON.stringify({ counts: world.counts, reached, lived: world.lived }));
} catch (error) {
  const { message, cause } = error as Error;
  process.stderr.write([message, cause instanceof Error ? cause.stack : cause].filter(Boolean).join('\n'));
  process.exitCode = 1;
} finally {
  await world.close();
}
