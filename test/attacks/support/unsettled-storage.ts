// A storage that delays chosen writes until another write has happened, or answers them with a conflict.
import { VersionConflict, type Storage } from '../../../src/storage/storage.ts';

/** The fate of a write: it succeeds, waits for another write, or gets a conflict. */
export type Disturbance = 'none' | 'delay' | 'conflict';

/** A delayed write continues after this time, even without another write. */
const LONGEST_DELAY_MS = 15;

/** The writes of the port, by store. Only writes with a version can get a conflict. */
const WRITES: Record<string, Record<string, { versioned: boolean }>> = {
  registrationDrafts: { put: { versioned: true }, remove: { versioned: false } },
  interactionFacts: { put: { versioned: true }, remove: { versioned: false } },
  passwordResets: { put: { versioned: true }, remove: { versioned: false } },
  legacyProfiles: { put: { versioned: true } },
  accounts: { create: { versioned: false }, update: { versioned: true } },
  migrations: { put: { versioned: true } },
  dealerLinks: { create: { versioned: false }, update: { versioned: true } },
  emailCodes: { put: { versioned: false }, countAttempt: { versioned: false }, consume: { versioned: false } },
  artifacts: { save: { versioned: false }, consume: { versioned: false }, destroy: { versioned: false } },
};

export type UnsettledStorage = {
  storage: Storage;
  /** The fates of the next writes, in order; later writes succeed. */
  disturb(plan: readonly Disturbance[]): void;
  /** How many writes were delayed, and how many got a conflict. */
  counts: { delayed: number; conflicts: number };
};

type Method = (...args: unknown[]) => Promise<unknown>;

export function unsettle(storage: Storage): UnsettledStorage {
  let plan: Disturbance[] = [];
  const counts = { delayed: 0, conflicts: 0 };
  const waiting = new Set<() => void>();

  async function untilAnotherWrite(): Promise<void> {
    counts.delayed += 1;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, LONGEST_DELAY_MS);
      waiting.add(go);
    });
  }

  const disturbed =
    (write: Method, versioned: boolean): Method =>
    async (...args) => {
      const disturbance = plan.shift() ?? 'none';
      if (disturbance === 'conflict' && versioned) {
        counts.conflicts += 1;
        throw new VersionConflict();
      }
      if (disturbance === 'delay') await untilAnotherWrite();
      try {
        return await write(...args);
      } finally {
        for (const go of waiting) go();
      }
    };

  const wrapped = Object.fromEntries(
    Object.entries(storage).map(([name, store]) => {
      const methods = WRITES[name];
      if (!methods) return [name, store as unknown];
      const writes = Object.entries(methods).map(([method, { versioned }]) => {
        const write = (store as unknown as Record<string, Method>)[method];
        if (!write) throw new Error(`the port has no ${name}.${method}`);
        return [method, disturbed(write.bind(store), versioned)] as const;
      });
      return [name, { ...(store as object), ...Object.fromEntries(writes) }];
    }),
  );
  return {
    storage: wrapped as unknown as Storage,
    disturb(next) {
      plan = [...next];
    },
    counts,
  };
}
