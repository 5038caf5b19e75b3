// Two nodes on one machine, on one SQLite file.
import { onSqlite } from '../../scripts/faults/faults.ts';
import { describeNodes } from './nodes.ts';

describeNodes('SQLite', async () => onSqlite());
