// Two nodes on one machine, on one SQLite file. The races over tokens and requests run here if there is no MongoDB for on-mongo.test.ts, or with
// FULL_FIGURES=1: test/storage/processes.ts and the port's conformance hold the writes behind them on SQLite.
import { onSqlite } from '../../scripts/faults/faults.ts';
import { mongoServerAvailable } from '../storage/mongo-server.ts';
import { describeNodes } from './nodes.ts';

describeNodes('SQLite', async () => onSqlite(), Boolean(process.env.FULL_FIGURES) || mongoServerAvailable() !== true);
