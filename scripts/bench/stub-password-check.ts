// Loaded into both providers (`node --import`): bcrypt's own time, which is the same everywhere, must not hide the rest.
import bcrypt from 'bcrypt';
import { PASSWORD } from './bench-client.ts';

Object.assign(bcrypt, { compare: async (password: string) => password === PASSWORD });
