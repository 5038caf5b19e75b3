// What a process that a test starts gets of the environment: nothing of the developer's own, because a setting must not change what is tested.
import { fileURLToPath } from 'node:url';

/** As main.js says for itself: a program that is started many times compiles its files, and takes their types off, once. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/common-id', import.meta.url)),
};

export const CHILD_ENVIRONMENT = { PATH: process.env.PATH, ...COMPILE_CACHE };
