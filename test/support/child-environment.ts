// What a process that a test starts gets of the environment: nothing of the developer's own, because a setting must not change what is tested.
import { fileURLToPath } from 'node:url';

/** As main.js says for itself: a program that is started many times compiles its files, and takes their types off, once. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/common-id', import.meta.url)),
};

/** Without the mails that come beside what is tested: a test of them asks for them. */
export const CHILD_ENVIRONMENT = { PATH: process.env.PATH, NOTICE_MAILS: 'false', ...COMPILE_CACHE };
