// npm run admin -- migration …: the campaign of a migration: the list of all legacy users, and how far they have come.
import { createTopic } from './topic.ts';
import { importList } from './migration/import.ts';

export const command = createTopic('migration', { import: importList });
