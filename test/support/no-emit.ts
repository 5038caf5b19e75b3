// For tests to which events do not matter.
import type { Emit } from '../../src/telemetry/emit.ts';

export const noEmit: Emit = () => undefined;
