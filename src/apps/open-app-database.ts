// Opens an app's SQLite file so that only the app's own system user can read it.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementResultingChanges } from 'node:sqlite';

/** A prepared statement. `Row` describes the columns that it selects or returns. */
export type AppStatement<Row> = {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  run(...parameters: SQLInputValue[]): StatementResultingChanges;
};

export type AppDatabase = {
  exec(sql: string): void;
  /** Prepares a statement. The caller knows the columns that it selects, and names them in `Row`. */
  prepare<Row = Record<string, SQLOutputValue>>(sql: string): AppStatement<Row>;
  close(): void;
};

/** Opens the file. Creates it with mode 0600, and its folder with mode 0700, if they do not exist. */
export function openAppDatabase(path: string): AppDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the write-ahead log and its index the same mode as the file.
  closeSync(openSync(path, 'a', 0o600));
  const connection = new DatabaseSync(path);
  return {
    exec: (sql) => connection.exec(sql),
    prepare<Row>(sql: string) {
      const statement = connection.prepare(sql);
      return {
        get: (...parameters) => statement.get(...parameters) as Row | undefined,
        all: (...parameters) => statement.all(...parameters) as Row[],
        run: (...parameters) => statement.run(...parameters),
      };
    },
    close: () => connection.close(),
  };
}
