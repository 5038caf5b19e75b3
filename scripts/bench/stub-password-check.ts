// Preloaded into both providers and their threads (`node --import`), because bcrypt's time is the same for both and would hide the rest.
import bcrypt from 'bcrypt';
import { PASSWORD } from './bench-client.ts';

Object.assign(bcrypt, {
  compare: async (password: string) => password === PASSWORD,
  compareSync: (password: string) => password === PASSWORD,
});
