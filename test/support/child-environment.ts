// What a process that a test starts gets of the environment: nothing of the developer's own, because a setting must not change what is tested.
import { fileURLToPath } from 'node:url';

export const CHILD_ENVIRONMENT = {
  PATH: process.env.PATH,
  // As main.js says for itself: the program is started many times.
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/common-id', import.meta.url)),
};
