// The environment of the processes that tests start. It has none of the developer's settings, because they could change what is tested.
import { fileURLToPath } from 'node:url';

/** As in main.js: a program that is started many times compiles its files, and strips their types, once. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/common-id', import.meta.url)),
};

/** Without notice mails, which most tests do not expect. Tests of these mails switch them on. */
export const CHILD_ENVIRONMENT = { PATH: process.env.PATH, NOTICE_MAILS: 'false', ...COMPILE_CACHE };
