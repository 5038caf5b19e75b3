// npm run admin -- keys …: lists, rotates and deletes the provider's own keys.
import { list } from './keys/list.ts';
import { retire } from './keys/retire.ts';
import { rotate } from './keys/rotate.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('keys', { list, rotate, retire });
